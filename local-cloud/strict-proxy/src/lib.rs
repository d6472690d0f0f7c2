//! A proxy in front of AWS emulators that adds the behavior of AWS that they lack.
//!
//! Calls are forwarded unchanged, except where AWS is stricter than the emulators (`organizations`, `throttling`,
//! `identity`, `identity_center`), where they lack an operation (`emulated`), and where a rule injects a fault
//! (`faults`). The proxy delivers the events of new accounts (`events`) and records every call (`recorder`), those of
//! functions also in a file (`calls_file`). `control` is the API for tests. All delays follow `clock`.

mod calls_file;
mod clock;
mod components;
mod config;
mod control;
mod emulated;
mod emulators;
mod events;
mod faults;
mod identity;
mod identity_center;
mod organizations;
mod process;
mod proxy;
mod recorder;
mod sync;
mod tags;
mod throttling;
mod wire;

pub use clock::Clock;
pub use config::Config;
pub use proxy::serve;
