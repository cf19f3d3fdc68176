//! Advisors that search for a better design; the roadmap.
