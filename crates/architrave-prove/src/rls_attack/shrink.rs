//! Shortens ways in.
