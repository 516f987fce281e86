-- Instants are milliseconds since the Unix epoch.

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: an id is never given twice, so "newest" and "highest id" mean the same thing.
CREATE TABLE snapshots (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    state TEXT NOT NULL,
    encoding TEXT NOT NULL,
    state_bytes INTEGER NOT NULL,
    checkpoint_type TEXT NOT NULL,
    agent_phase TEXT,
    execution_context TEXT,
    is_recovery_point INTEGER NOT NULL CHECK (is_recovery_point IN (0, 1)),
    expires_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX snapshots_by_run ON snapshots (run_id, id);
CREATE INDEX snapshots_by_thread ON snapshots (thread_id, id);

-- snapshot_id is no foreign key: the audit record outlives the snapshot, which retention prunes.
CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    snapshot_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    action TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('started', 'completed')),
    started_at INTEGER NOT NULL,
    completed_at INTEGER
) STRICT;
