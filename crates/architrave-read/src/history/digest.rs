//! The small checksums that runners write down, beside SHA-2: CRC-32, SHA-1, SipHash 1-3, base64.

use std::hash::Hasher as _;

/// CRC-32 as in zip files (reflected, polynomial 0xEDB88320), over parts.
pub(super) fn crc32<'a>(parts: impl Iterator<Item = &'a [u8]>) -> u32 {
    let mut value = u32::MAX;
    for byte in parts.flatten() {
        value ^= u32::from(*byte);
        for _ in 0..8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0xEDB8_8320 } else { value >> 1 };
        }
    }
    !value
}

/// SHA-1 in lower-case hexadecimal.
pub(super) fn sha1(message: &[u8]) -> String {
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    let mut state: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    for block in padded.chunks_exact(64) {
        let mut words: Vec<u32> = block.chunks_exact(4).map(|w| w.iter().fold(0, |n, b| n << 8 | u32::from(*b))).collect();
        for i in 16..80 {
            let next = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
            words.push(next);
        }
        let mut round = state;
        for (i, word) in words.iter().enumerate() {
            let [first, x, y, z, last] = round;
            let (mixed, constant) = match i {
                0..20 => ((x & y) | (!x & z), 0x5A82_7999),
                20..40 => (x ^ y ^ z, 0x6ED9_EBA1),
                40..60 => ((x & y) | (x & z) | (y & z), 0x8F1B_BCDC),
                _ => (x ^ y ^ z, 0xCA62_C1D6_u32),
            };
            let next = first.rotate_left(5).wrapping_add(mixed).wrapping_add(last).wrapping_add(constant).wrapping_add(*word);
            round = [next, first, x.rotate_left(30), y, z];
        }
        for (part, add) in state.iter_mut().zip(round) {
            *part = part.wrapping_add(add);
        }
    }
    hex(&state.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>())
}

/// SipHash 1-3 without a key over what is fed to it as Rust's `Hash` does: refinery's checksum.
pub(super) fn sip13(feed: impl FnOnce(&mut dyn FnMut(&[u8]))) -> u64 {
    // The standard library's own hasher is this one; a test with a known value watches over that.
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    feed(&mut |bytes| hasher.write(bytes));
    hasher.finish()
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|n| char::from_digit(u32::from(n), 16)).collect()
}

/// Standard base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let three = chunk.iter().chain([0, 0].iter()).take(3).fold(0_usize, |n, b| n << 8 | usize::from(*b));
        for i in 0..4 {
            let letter = char::from(LETTERS[three >> (18 - 6 * i) & 63]);
            out.push(if i <= chunk.len() { letter } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(crc32([b"1234".as_slice(), b"56789"].into_iter()), 0xCBF4_3926);
        assert_eq!(sha1(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(sha1(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        assert_eq!(sip13(|_| {}), 0xd1fb_a762_150c_532c);
        assert_eq!((base64(b"a"), base64(b"ab"), base64(b"abc")), ("YQ==".to_owned(), "YWI=".to_owned(), "YWJj".to_owned()));
        assert_eq!(hex(&[0, 175]), "00af");
    }
}
