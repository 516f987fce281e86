//! The three mistakes of a naive deduplicating service. Each has a check that accepts the real
//! service and rejects the naive one.

mod checks;
mod naive;

use std::time::Duration;

use persistence::{OptimizedService, StatePersistence};

use self::checks::{
    answered_snapshots_exist, failed_saves_are_not_remembered, saves_do_not_overtake,
};
use self::naive::{Flaw, NaiveService};
use crate::support::TestDatabase;

/// Where a check would hang, the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

async fn judge(
    check: Check,
    service: &dyn StatePersistence,
    database: &TestDatabase,
) -> Result<(), String> {
    let checking = async {
        match check {
            Check::FailedSaves => failed_saves_are_not_remembered(service, database).await,
            Check::Snapshots => answered_snapshots_exist(service, database).await,
            Check::Order => saves_do_not_overtake(service, database).await,
        }
    };
    tokio::time::timeout(PATIENCE, checking).await.unwrap()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Check {
    FailedSaves,
    Snapshots,
    Order,
}

const CHECKS: [(Check, Flaw); 3] = [
    (Check::FailedSaves, Flaw::RemembersBeforeCommit),
    (Check::Snapshots, Flaw::InventsSnapshots),
    (Check::Order, Flaw::LetsSavesOvertake),
];

#[tokio::test]
async fn the_optimized_service_avoids_every_trap() {
    for (check, _) in CHECKS {
        let database = TestDatabase::new();
        let service: OptimizedService = database.open().await;
        assert_eq!(judge(check, &service, &database).await, Ok(()), "{check:?}");
    }
}

#[tokio::test]
async fn each_naive_service_is_caught_by_the_check_for_its_flaw_and_by_no_other() {
    for (check, _) in CHECKS {
        for (fitting, flaw) in CHECKS {
            let database = TestDatabase::new();
            let service = NaiveService::open(&database.options(), Some(flaw)).await;
            let verdict = judge(check, &service, &database).await;
            assert_eq!(
                verdict.is_err(),
                check == fitting,
                "{check:?} on {flaw:?}: {verdict:?}"
            );
        }
    }
}

#[tokio::test]
async fn without_a_flaw_the_naive_service_passes() {
    for (check, _) in CHECKS {
        let database = TestDatabase::new();
        let service = NaiveService::open(&database.options(), None).await;
        assert_eq!(judge(check, &service, &database).await, Ok(()), "{check:?}");
    }
}
