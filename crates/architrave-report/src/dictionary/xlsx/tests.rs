//! Sheets of hostile text, within the limits of the format.
