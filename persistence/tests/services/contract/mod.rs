//! The contract: every test runs against both services on both databases, but for those that are
//! about one database alone.

/// Makes a test of each function for each service.
macro_rules! on_services {
    ($database:expr; $($test:ident),* $(,)?) => {
        mod standard {
            use crate::support::TestDatabase;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::super::$test::<persistence::StandardService>($database).await;
            })*
        }
        mod optimized {
            use crate::support::TestDatabase;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::super::$test::<persistence::OptimizedService>($database).await;
            })*
        }
    };
}

macro_rules! on_both_databases {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            on_services!(TestDatabase::new(); $($test),*);
        }
        mod postgres {
            on_services!(TestDatabase::postgres(); $($test),*);
        }
    };
}

macro_rules! on_sqlite_only {
    ($($test:ident),* $(,)?) => {
        mod sqlite_only {
            on_services!(TestDatabase::new(); $($test),*);
        }
    };
}

macro_rules! on_postgres_only {
    ($($test:ident),* $(,)?) => {
        mod postgres_only {
            on_services!(TestDatabase::postgres(); $($test),*);
        }
    };
}

mod cancelling;
mod failing;
mod loading;
mod model;
mod opening;
mod ordering;
mod outages;
mod saving;
mod statistics;
