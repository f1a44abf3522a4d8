//! Faults: the real programs are killed, starved and misled while clients
//! work, and a checker proves from the record that nothing acknowledged was
//! lost and nothing refused was done. `make faults ROUNDS=1000` runs it at
//! length, `make test` briefly.

mod caller;
mod chance;
mod check;
mod clients;
mod clock;
mod disk;
mod gather;
mod history;
mod kills;
mod machine;
mod outage;
mod rush;
mod smtp;
