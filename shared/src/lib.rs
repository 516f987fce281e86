//! Report format, histogram codec, statistics, criteria and verdicts: pure functions without I/O.
