//! Threads of the instrument that have to be in time.

use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Lets this thread run as soon as it is due, before all that it measures: otherwise, when a stalled service catches up on
/// all processors, the instrument waits with it. Where the system refuses (it takes a privilege), the thread competes like
/// any other; whoever was late for it says so. Says whether the system permitted it.
pub(crate) fn be_urgent() -> bool {
    // The default slack of 50 µs would be most of the lateness that is left.
    let _wide = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Min,
        ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo),
    )
    .is_ok()
}
