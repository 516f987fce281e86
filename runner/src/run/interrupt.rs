//! Ctrl-C: once to stop in order, twice to stop at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;

/// Whether somebody asked the run to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens for Ctrl-C and for the operating system's request to end.
    ///
    /// # Errors
    /// Where signals cannot be listened to.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let interrupt = Self::default();
        let asked = interrupt.clone();
        let mut ctrl_c = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = ctrl_c.recv() => {}
                    _ = terminate.recv() => {}
                }
                if asked.0.swap(true, Ordering::Relaxed) {
                    // The arms end by themselves when their standard input does.
                    std::process::exit(i32::from(Exit::Interrupted.code()));
                }
                eprintln!(
                    "stopping after this block, the report will be written; press Ctrl-C again to stop at once"
                );
            }
        });
        Ok(interrupt)
    }

    /// Whether to stop.
    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks, as Ctrl-C does.
    #[cfg(test)]
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
