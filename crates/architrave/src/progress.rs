//! Progress on standard error: bars for what has a length, spinners for what has none, nothing when nobody watches.

use crate::args::Global;
use architrave_app::server::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

/// The bar of the step at hand.
pub(crate) struct Bars {
    shown: bool,
    current: Mutex<Option<ProgressBar>>,
}

impl Bars {
    pub(crate) fn new(global: &Global) -> Self {
        Self { shown: !global.quiet && std::io::stderr().is_terminal(), current: Mutex::new(None) }
    }

    fn replace(&self, bar: Option<ProgressBar>) {
        // A poisoned lock means that a thread panicked while drawing; the bar is of no use then.
        if let Ok(mut current) = self.current.lock() {
            if let Some(old) = current.take() {
                old.finish_and_clear();
            }
            *current = bar;
        }
    }
}

impl Progress for Bars {
    fn begin(&self, what: &str, total: Option<u64>) {
        if !self.shown {
            return;
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = match total {
            Some(n) if n > 1_000_000 => "{spinner} {msg} [{bar:24}] {bytes}/{total_bytes} {bytes_per_sec}",
            Some(_) => "{spinner} {msg} [{bar:24}] {pos}/{len}",
            None => "{spinner} {msg} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        self.replace(Some(bar));
    }

    fn advance(&self, n: u64) {
        if let Ok(current) = self.current.lock()
            && let Some(bar) = current.as_ref()
        {
            bar.inc(n);
        }
    }

    fn end(&self) {
        self.replace(None);
    }
}
