//! What a page's controls change without the address.

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use yew::functional::UseForceUpdateHandle;
use yew::prelude::*;

/// State whose changes start from what it is at that moment: the last drawing may be older.
pub(crate) struct Changing<T> {
    value: Rc<RefCell<T>>,
    redraw: UseForceUpdateHandle,
}

impl<T> Clone for Changing<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            redraw: self.redraw.clone(),
        }
    }
}

impl<T> Changing<T> {
    /// What it is now; to be let go before it is changed.
    pub(crate) fn get(&self) -> Ref<'_, T> {
        self.value.borrow()
    }

    /// Changes it and has the page drawn anew.
    pub(crate) fn change(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.value.borrow_mut());
        self.redraw.force_update();
    }
}

/// State that begins at its default.
#[hook]
pub(crate) fn use_changing<T: Default + 'static>() -> Changing<T> {
    Changing {
        value: use_mut_ref(T::default),
        redraw: use_force_update(),
    }
}
