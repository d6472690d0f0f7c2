//! Runs the whole proxy in front of a fake emulator. Its clock advances only when a test advances it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests and their helpers may panic")]

mod calls_file;
mod closing;
mod cloud;
mod creation;
mod emails;
mod emulated;
mod emulator;
mod events;
mod faults;
mod forwarding;
mod identity;
#[cfg(target_os = "linux")]
mod killing;
mod limits;
mod membership;
mod organization;
mod pages;
mod readme;
mod tags;
mod visibility;
