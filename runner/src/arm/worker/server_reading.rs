//! What a PostgreSQL server said at an instant, and what it counted between two.

use shared::report::DatabaseCounters;

/// Counts, and a text that changes when they begin anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counts<const N: usize> {
    pub(super) counts: [u64; N],
    pub(super) since: String,
}

/// What the server said at an instant. What it did not say is none.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    pub(super) position: Option<Counts<1>>,
    pub(super) log: Option<Counts<3>>,
    pub(super) transactions: Option<Counts<2>>,
    /// Transactions of the instrument's own up to then.
    pub(super) own: u64,
    pub(super) rows: Option<Counts<3>>,
    pub(super) statements: Option<Counts<3>>,
    pub(super) size: Option<Counts<1>>,
}

/// What the counts grew by; none where they began anew in between.
fn grown<const N: usize>(from: Option<&Counts<N>>, to: Option<&Counts<N>>) -> [Option<u64>; N] {
    let (Some(from), Some(to)) = (from, to) else {
        return [None; N];
    };
    let mut grown = [None; N];
    for (grown, (from, to)) in grown.iter_mut().zip(from.counts.iter().zip(to.counts)) {
        *grown = to.checked_sub(*from);
    }
    match from.since == to.since && grown.iter().all(Option::is_some) {
        true => grown,
        false => [None; N],
    }
}

impl Reading {
    /// What the server counted from one reading to the next. `flushes`: transactions in between by which the service's
    /// sessions told the server what they did.
    pub(super) fn grown(&self, to: &Self, flushes: u64) -> Option<DatabaseCounters> {
        let instruments = to.own.saturating_sub(self.own).saturating_add(flushes);
        let [committed, rolled_back] = grown(self.transactions.as_ref(), to.transactions.as_ref());
        let [wal_bytes, wal_records, wal_full_pages] = grown(self.log.as_ref(), to.log.as_ref());
        let [wal_position_bytes] = grown(self.position.as_ref(), to.position.as_ref());
        let [rows_inserted, rows_updated, rows_deleted] =
            grown(self.rows.as_ref(), to.rows.as_ref());
        let [statements, statements_ns, pages_dirtied] =
            grown(self.statements.as_ref(), to.statements.as_ref());
        let counted = DatabaseCounters {
            transactions: committed.map(|all| all.saturating_sub(instruments)),
            transactions_rolled_back: rolled_back,
            rows_inserted,
            rows_updated,
            rows_deleted,
            wal_bytes,
            wal_position_bytes,
            wal_records,
            wal_full_pages,
            size_bytes: to.size.as_ref().map(|size| size.counts[0]),
            statements,
            statements_ns,
            pages_dirtied,
            ..DatabaseCounters::default()
        };
        (counted != DatabaseCounters::default()).then_some(counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(count: u64, since: &str) -> Option<Counts<1>> {
        Some(Counts {
            counts: [count],
            since: since.to_owned(),
        })
    }

    #[test]
    fn counts_that_began_anew_give_none() {
        let grown = |from, to| grown(Option::as_ref(&from), Option::as_ref(&to));
        assert_eq!(grown(counts(3, "a"), counts(10, "a")), [Some(7)]);
        assert_eq!(grown(counts(3, "a"), counts(10, "b")), [None]);
        assert_eq!(grown(counts(3, "a"), counts(2, "a")), [None]);
        assert_eq!(grown(counts(3, "a"), None), [None]);
    }

    #[test]
    fn the_instruments_transactions_are_not_the_services() {
        let at = |own, committed| Reading {
            own,
            transactions: Some(Counts {
                counts: [committed, 0],
                since: String::new(),
            }),
            ..Reading::default()
        };
        let counted = at(2, 1_000).grown(&at(9, 1_610), 3).unwrap();
        assert_eq!(counted.transactions, Some(600));
        assert_eq!(counted.wal_bytes, None);
        assert_eq!(Reading::default().grown(&Reading::default(), 0), None);
    }
}
