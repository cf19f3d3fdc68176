//! Provers that turn a claim into evidence.
