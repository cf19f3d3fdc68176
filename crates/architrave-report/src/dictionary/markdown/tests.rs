//! Pages of hostile names: nothing leaves its cell, its link or its directory.
