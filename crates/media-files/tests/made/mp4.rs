//! MP4 and MOV. Samples are noise: nobody decodes them here.

use super::{secret, trailer, xmp};

pub(crate) fn atom(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u32::try_from(content.len() + 8).unwrap();
    [&length.to_be_bytes(), kind.as_slice(), &content].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_be_bytes())
        .collect()
}

/// A sample of noise, another for each track and number.
pub(crate) fn sample(track: u8, number: u8) -> Vec<u8> {
    (0..60 + u32::from(number))
        .map(|byte| (byte * 31) as u8 ^ track.wrapping_mul(77) ^ number)
        .collect()
}

/// Where somebody was when, as cameras write it between picture and sound.
fn journey() -> Vec<u8> {
    [b"GPS5 51.5226 -0.1571 ".as_slice(), &secret()].concat()
}

/// What may stand in a file, a movie and a track.
fn told() -> Vec<u8> {
    let place = atom(b"\xa9xyz", &[&[0, 16, 0x15, 0xc7], b"+51.5226-000.157"]);
    let loci = atom(b"loci", &[&[0; 6], b"Marylebone\0", &[0; 13], b"Earth\0\0"]);
    let who = atom(b"auth", &[&[0; 6], &secret(), b"\0"]);
    let item = |kind: &[u8; 4], text: &[u8]| {
        atom(kind, &[&atom(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], text])])
    };
    let list = [
        item(b"\xa9ART", b"Ada Lovelace"),
        item(b"\xa9too", b"Difference 2.0"),
    ]
    .concat();
    let handler = atom(b"hdlr", &[&[0; 8], b"mdirappl", &[0; 9]]);
    let meta = atom(b"meta", &[&[0; 4], &handler, &atom(b"ilst", &[&list])]);
    atom(b"udta", &[&place, &loci, &who, &meta, &[0; 4]])
}

fn adobe() -> Vec<u8> {
    let id = b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
    atom(b"uuid", &[id, &xmp()])
}

pub(crate) struct Movie {
    pub(crate) brand: &'static [u8; 4],
    /// Units of which there are a thousand in a second.
    pub(crate) duration: u32,
    pub(crate) turned: bool,
    pub(crate) size: (u16, u16),
    /// In fragments, so that the movie itself has no samples.
    pub(crate) fragments: bool,
}

/// Samples of a track are in chunks of two.
const SAMPLES: u8 = 6;

impl Movie {
    fn header(&self) -> Vec<u8> {
        let times = numbers(&[3_786_825_600, 3_786_825_601]);
        let duration = if self.fragments { 0 } else { self.duration };
        let rest = [
            numbers(&[0x1_0000, 0x100_0000, 0, 0]),
            matrix(false),
            vec![0; 24],
            numbers(&[4]),
        ]
        .concat();
        atom(
            b"mvhd",
            &[&[0; 4], &times, &numbers(&[1000, duration]), &rest],
        )
    }

    fn track(&self, id: u8, handler: &[u8; 4], chunks: &[u32], sizes: &[u32]) -> Vec<u8> {
        let times = numbers(&[3_786_825_600, 3_786_825_601]);
        let (width, height) = if handler == b"vide" {
            self.size
        } else {
            (0, 0)
        };
        let size = numbers(&[u32::from(width) << 16, u32::from(height) << 16]);
        let lasts = if self.fragments { 0 } else { self.duration };
        let ids = numbers(&[id.into(), 0, lasts]);
        let header = atom(
            b"tkhd",
            &[
                &[0, 0, 0, 7],
                &times,
                &ids,
                &[0; 16],
                &matrix(self.turned),
                &size,
            ],
        );
        let edits = atom(
            b"edts",
            &[&atom(b"elst", &[&numbers(&[0, 1, lasts, 0, 0x1_0000])])],
        );
        let media = atom(
            b"mdhd",
            &[
                &[0; 4],
                &times,
                &numbers(&[1000, lasts]),
                &[0x55, 0xc4, 0, 0],
            ],
        );
        let name = [secret(), vec![0]].concat();
        let handled = atom(
            b"hdlr",
            &[&[0; 4], b"mhlr", handler, b"appl", &[0; 8], &name],
        );
        let alias = atom(b"alis", &[&[0, 0, 0, 1], &secret()]);
        let place = atom(b"dinf", &[&atom(b"dref", &[&numbers(&[0, 1]), &alias])]);
        let table = self.samples(handler, chunks, sizes);
        let kind = if handler == b"vide" {
            atom(b"vmhd", &[&[0; 12]])
        } else {
            atom(b"smhd", &[&[0; 8]])
        };
        let info = atom(b"minf", &[&kind, &place, &table, &told()]);
        let media = atom(b"mdia", &[&media, &handled, &info, &told()]);
        atom(b"trak", &[&header, &edits, &told(), &media, &adobe()])
    }

    fn samples(&self, handler: &[u8; 4], chunks: &[u32], sizes: &[u32]) -> Vec<u8> {
        let each = self.duration / u32::from(SAMPLES);
        let count = u32::try_from(sizes.len()).unwrap();
        let coded = match handler {
            b"vide" => {
                let mut name = b"\x0eDifference 2.0".to_vec();
                name.resize(32, 0);
                let (width, height) = self.size;
                let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
                let before = [
                    [0; 6].as_slice(),
                    &[0, 1, 0, 0, 0, 0],
                    b"appl",
                    &[0; 8],
                    &size,
                    &[0; 14],
                ]
                .concat();
                let inner = [atom(b"avcC", &[&[1, 100, 0, 10, 0xff, 0xe0, 0]]), told()].concat();
                atom(b"avc1", &[&before, &name, &[0, 24, 0xff, 0xff], &inner])
            }
            b"soun" => atom(
                b"mp4a",
                &[
                    &[0; 6],
                    &[0, 1, 0, 0, 0, 0],
                    b"appl",
                    &[0, 2, 0, 16, 0, 0, 0, 0, 0xbb, 0x80, 0, 0],
                ],
            ),
            _ => atom(b"gpmd", &[&[0; 6], &[0, 1], &secret()]),
        };
        let described = atom(b"stsd", &[&numbers(&[0, 1]), &coded]);
        if self.fragments {
            let empty = [b"stts", b"stsc", b"stco"]
                .map(|kind| atom(kind, &[&numbers(&[0, 0])]))
                .concat();
            return atom(
                b"stbl",
                &[&described, &empty, &atom(b"stsz", &[&numbers(&[0, 0, 0])])],
            );
        }
        let times = atom(b"stts", &[&numbers(&[0, 1, count, each])]);
        let of_chunks = atom(b"stsc", &[&numbers(&[0, 1, 1, 2, 1])]);
        let sizes = atom(b"stsz", &[&numbers(&[0, 0, count]), &numbers(sizes)]);
        let offsets = atom(
            b"stco",
            &[
                &numbers(&[0, u32::try_from(chunks.len()).unwrap()]),
                &numbers(chunks),
            ],
        );
        atom(
            b"stbl",
            &[&described, &times, &of_chunks, &sizes, &offsets, &told()],
        )
    }

    fn movie(&self, chunks: &[Vec<u32>; 3], sizes: &[Vec<u32>; 3]) -> Vec<u8> {
        let handlers = [b"vide", b"soun", b"meta"];
        let tracks: Vec<u8> = (0..3)
            .flat_map(|index| {
                self.track(
                    index as u8 + 1,
                    handlers[index],
                    &chunks[index],
                    &sizes[index],
                )
            })
            .collect();
        let defaults: Vec<u8> = (1..4)
            .flat_map(|id| atom(b"trex", &[&numbers(&[0, id, 1, 0, 0, 0])]))
            .collect();
        let extends = if self.fragments {
            atom(b"mvex", &[&defaults])
        } else {
            Vec::new()
        };
        atom(
            b"moov",
            &[&self.header(), &tracks, &extends, &told(), &adobe()],
        )
    }

    fn brands(&self) -> Vec<u8> {
        atom(b"ftyp", &[self.brand, &[0, 0, 2, 0], self.brand, b"isom"])
    }

    /// A whole file, the movie before the media; and where each sample of picture and sound is.
    pub(crate) fn file(&self) -> (Vec<u8>, Vec<(usize, Vec<u8>)>) {
        let brands = self.brands();
        let content = |track: usize, number: u8| {
            if track == 2 {
                journey()
            } else {
                sample(track as u8, number)
            }
        };
        let sizes = [0, 1, 2].map(|track| {
            (0..SAMPLES)
                .map(|number| u32::try_from(content(track, number).len()).unwrap())
                .collect::<Vec<_>>()
        });
        let nothing = [0, 1, 2].map(|_| vec![0; usize::from(SAMPLES) / 2]);
        let before = brands.len() + self.movie(&nothing, &sizes).len() + adobe().len() + 8;
        let mut media = secret();
        let mut chunks = [Vec::new(), Vec::new(), Vec::new()];
        let mut samples = Vec::new();
        for pair in 0..SAMPLES / 2 {
            for (track, chunks) in chunks.iter_mut().enumerate() {
                chunks.push(u32::try_from(before + media.len()).unwrap());
                for number in [pair * 2, pair * 2 + 1] {
                    let content = content(track, number);
                    if track < 2 {
                        samples.push((before + media.len(), content.clone()));
                    }
                    media.extend(content);
                }
            }
        }
        media.extend(secret());
        let mut file = brands;
        file.extend(self.movie(&chunks, &sizes));
        file.extend(adobe());
        file.extend(atom(b"mdat", &[&media]));
        file.extend(atom(b"free", &[&secret()]));
        file.extend(told());
        file.extend(trailer());
        (file, samples)
    }

    /// A file of three fragments.
    pub(crate) fn in_fragments(&self) -> (Vec<u8>, Vec<(usize, Vec<u8>)>) {
        let none = || [Vec::new(), Vec::new(), Vec::new()];
        let mut file = self.brands();
        file.extend(self.movie(&none(), &none()));
        let mut samples = Vec::new();
        for number in 0..3 {
            let contents = [sample(1, number), sample(2, number), journey()];
            let fragment = |start: u32| {
                let mut offset = start + 8;
                let mut parts = atom(b"mfhd", &[&numbers(&[0, u32::from(number) + 1])]);
                for (id, content) in (1..).zip(&contents) {
                    let length = u32::try_from(content.len()).unwrap();
                    let header = atom(b"tfhd", &[&numbers(&[0x2_0000, id])]);
                    let time = atom(b"tfdt", &[&numbers(&[0, u32::from(number) * 500])]);
                    let run = atom(b"trun", &[&numbers(&[0x301, 1, offset, 500, length])]);
                    parts.extend(atom(b"traf", &[&header, &time, &run, &adobe()]));
                    offset += length;
                }
                atom(b"moof", &[&parts, &told()])
            };
            let length = fragment(0).len();
            let fragment = fragment(u32::try_from(length).unwrap());
            let mut at = file.len() + length + 8;
            for content in &contents[..2] {
                samples.push((at, content.clone()));
                at += content.len();
            }
            file.extend(fragment);
            file.extend(atom(b"mdat", &[&contents.concat(), &secret()]));
        }
        file.extend(trailer());
        (file, samples)
    }
}

fn matrix(turned: bool) -> Vec<u8> {
    let one = 0x1_0000_u32;
    let matrix = if turned {
        [0, one, 0, one.wrapping_neg(), 0, 0]
    } else {
        [one, 0, 0, 0, one, 0]
    };
    [numbers(&matrix), numbers(&[0, 0, 0x4000_0000])].concat()
}

pub(crate) const MOVIE: Movie = Movie {
    brand: b"isom",
    duration: 1500,
    turned: false,
    size: (64, 36),
    fragments: false,
};

pub(crate) fn filled() -> Vec<u8> {
    MOVIE.file().0
}

pub(crate) fn fragments() -> Vec<u8> {
    Movie {
        fragments: true,
        ..MOVIE
    }
    .in_fragments()
    .0
}

pub(crate) fn quicktime() -> Vec<u8> {
    Movie {
        brand: b"qt  ",
        turned: true,
        ..MOVIE
    }
    .file()
    .0
}
