//! The contract: every test runs against both services.

/// Makes a test for each service of each generic function named.
macro_rules! on_both_services {
    ($($test:ident),* $(,)?) => {
        mod standard {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test::<persistence::StandardService>().await;
            })*
        }
        mod optimized {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test::<persistence::OptimizedService>().await;
            })*
        }
    };
}

mod cancelling;
mod failing;
mod loading;
mod model;
mod opening;
mod ordering;
mod saving;
