//! The system under test: two services that persist the states of agents, with equal promises.
//!
//! [`StandardService`] writes every save; [`OptimizedService`] does less work for the same promise.
//! Both implement [`StatePersistence`], share one schema and load what the other saved. A save that
//! was answered is durable.
//!
//! A database belongs to one service at a time: the optimized service remembers what it committed
//! and cannot know what another writer did meanwhile (see [`OptimizedService`]).

mod canonical;
mod database;
mod encoding;
mod error;
mod optimized;
mod request;
mod service;
mod snapshot;
mod sqlstate;
mod standard;
mod stopwatch;
mod storage;
mod waiting;

pub use database::{Database, DatabaseOptions, PostgresDatabase};
pub use error::{Cause, PersistenceError};
pub use optimized::{
    CacheFaults, CacheProfile, Consistency, DEFAULT_CACHE_ENTRIES, DEFAULT_QUEUE_BYTES,
    DEFAULT_QUEUE_JOBS, EvictionListener, OptimizedOptions, OptimizedService, SaveProfile,
    SaveStage,
};
pub use request::{
    CheckpointType, MAX_ID_BYTES, MAX_STATE_BYTES, MAX_STATE_DEPTH, SaveRequest,
    UnknownCheckpointType, canonical_state,
};
pub use service::{
    CacheStatistics, Health, Observation, Outcome, PoolStatus, Promises, Saved, StatePersistence,
};
pub use snapshot::{LoadedState, RunSummary, SnapshotId, ThreadContext};
pub use standard::StandardService;
pub use storage::RETAINED_SNAPSHOTS;
