//! The whole proxy in front of a fake emulator, over loopback. Its clock stands still unless a test advances it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod beyond_moto;
mod cloud;
mod creation;
mod emulator;
mod events;
mod faults;
mod forwarding;
mod identity;
#[cfg(target_os = "linux")]
mod killing;
mod limits;
mod visibility;
