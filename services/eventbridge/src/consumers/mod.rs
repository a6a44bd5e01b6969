//! What this service listens to: everything.
