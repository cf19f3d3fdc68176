//! Storefront
