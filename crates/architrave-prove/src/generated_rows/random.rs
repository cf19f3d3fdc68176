//! Randomness that is a pure function of a seed: mixing, permutations, and an order of rows with a given correlation.

/// One step of splitmix64: every bit of the input moves every bit of the output.
pub(super) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A seed for something that has a name.
pub(super) fn seed_of(seed: u64, names: &[&str]) -> u64 {
    let mut hash = mix(seed);
    for name in names {
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
        hash = mix(hash);
    }
    hash
}

/// A fraction in 0..1 out of mixed bits.
pub(super) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Where `at` goes in a pseudo-random permutation of `0..count`: a Feistel network over the next power of two, walked until it
/// lands inside.
pub(super) fn permute(count: u64, seed: u64, at: u64) -> u64 {
    if count < 2 {
        return 0;
    }
    let bits = (64 - (count - 1).leading_zeros()).max(2);
    let low_bits = bits / 2;
    let (low_mask, high_mask) = ((1_u64 << low_bits) - 1, (1_u64 << (bits - low_bits)) - 1);
    let mut value = at;
    loop {
        let (mut high, mut low) = (value >> low_bits, value & low_mask);
        for round in 0..2_u64 {
            high = (high ^ mix(low ^ seed.wrapping_add(round))) & high_mask;
            low = (low ^ mix(high ^ seed.rotate_left(17).wrapping_add(round))) & low_mask;
        }
        value = (high << low_bits) | low;
        if value < count {
            return value;
        }
    }
}

/// A one-to-one order of ranks over physical positions: shuffled within blocks, so that position and rank have a given correlation.
#[derive(Debug, Clone)]
pub(super) struct Shuffle {
    count: u64,
    block: u64,
    reversed: bool,
    seed: u64,
}

impl Shuffle {
    /// For `count` rows with that correlation (-1 to 1).
    pub(super) fn new(count: u64, correlation: f64, seed: u64) -> Self {
        let wanted = correlation.abs().min(1.0);
        // Blocks of a share b of the rows leave 1 - b² of the correlation; from one half on there are two blocks, b and 1 - b.
        let share = if wanted >= 0.75 { (1.0 - wanted).sqrt() } else { 0.5 + (0.25 - wanted / 3.0).max(0.0).sqrt() };
        let block = ((share * count as f64).round() as u64).clamp(1, count.max(1));
        Self { count, block, reversed: correlation < 0.0, seed }
    }

    /// How closely ranks follow positions, in hundredths.
    pub(super) fn closeness(&self) -> u64 {
        100 - (self.block * 100).checked_div(self.count).unwrap_or(0).min(100)
    }

    /// The rank of the row at a physical position.
    pub(super) fn rank(&self, position: u64) -> u64 {
        let position = position % self.count.max(1);
        let rank = if self.block == 1 {
            position
        } else {
            let block = position / self.block;
            let start = block * self.block;
            let length = self.block.min(self.count - start);
            start + permute(length, self.seed.wrapping_add(block), position - start)
        };
        if self.reversed { self.count.saturating_sub(1 + rank) } else { rank }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permutations_are_one_to_one() {
        for count in [1, 2, 3, 7, 64, 1000, 4097] {
            let mut seen: Vec<u64> = (0..count).map(|at| permute(count, 42, at)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn shuffles_have_the_correlation_that_was_asked_for() {
        let count = 20_000_u64;
        for wanted in [1.0, 0.98, 0.8, 0.5, 0.2, 0.0, -0.3, -0.9, -1.0] {
            let shuffle = Shuffle::new(count, wanted, 7);
            let mean = (count - 1) as f64 / 2.0;
            let (mut both, mut own) = (0.0, 0.0);
            for position in 0..count {
                let (x, y) = (position as f64 - mean, shuffle.rank(position) as f64 - mean);
                both += x * y;
                own += x * x;
            }
            assert!((both / own - wanted).abs() < 0.03, "{wanted}: {}", both / own);
        }
    }
}
