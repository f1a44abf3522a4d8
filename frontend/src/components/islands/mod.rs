//! The only code that runs in a browser. Every page reads and every form
//! works without it.

pub mod copy;
pub mod palette;
pub mod theme;
pub mod times;
