//! Migrations as part of the program. sqlx's macro would do the same; it builds sqlx and SQLite once more, for the compiler.

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Migrations by version, description and SQL, as `migrations/<database>/<version>_<description>.sql` has them.
pub(super) fn migrator<const N: usize>(
    migrations: [(i64, &'static str, &'static str); N],
) -> Migrator {
    let migrations = migrations.map(|(version, description, sql)| {
        let sql = SqlStr::from_static(sql);
        Migration::new(
            version,
            description.into(),
            MigrationType::Simple,
            sql,
            false,
        )
    });
    Migrator::with_migrations(migrations.into())
}

/// Asserts that a migrator has what sqlx finds in a folder, nothing more and nothing else.
#[cfg(test)]
pub(super) async fn assert_complete(embedded: &Migrator, folder: &str) {
    let found = Migrator::new(std::path::Path::new(folder)).await.unwrap();
    assert!(found.iter().next().is_some());
    assert_eq!(told(embedded), told(&found));
}

/// All that sqlx takes from a file; the checksum is that of its text.
#[cfg(test)]
fn told(migrator: &Migrator) -> Vec<String> {
    let told = |one: &Migration| {
        let sql = one.sql.as_str();
        format!(
            "{} {} {:?} {} {:?}\n{sql}",
            one.version, one.description, one.migration_type, one.no_tx, one.checksum
        )
    };
    migrator.iter().map(told).collect()
}
