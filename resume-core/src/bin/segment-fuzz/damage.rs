//! What is done to a copy of a segment.

use core::fmt;
use core::ops::Range;

use crate::image::Image;
use crate::torture::Random;

const PREFIX: Range<usize> = 0..512;
const WORDS: Range<usize> = 512..1024;
const RECORD: usize = 1024;

/// A damaged copy, and what was done to it.
pub(crate) struct Damaged {
    pub(crate) bytes: Vec<u8>,
    pub(crate) done: Vec<Done>,
}

/// One damage.
#[derive(Debug)]
pub(crate) enum Done {
    Bit { at: usize, bit: u32, part: &'static str },
    Number { at: usize, bytes: usize, name: &'static str, value: u64 },
    Block { at: usize, bytes: usize, from: &'static str },
    Size { bytes: usize },
    CrcFixed,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Done::Bit { at, bit, part } => write!(f, "bit {bit} of byte {at:#x}, in the {part}"),
            Done::Number { at, bytes, name, value } => {
                write!(f, "{name}, {bytes} bytes at {at:#x}, is {value:#x}")
            }
            Done::Block { at, bytes, from } => write!(f, "{bytes} bytes at {at:#x} are {from}"),
            Done::Size { bytes } => write!(f, "the segment has {bytes} bytes"),
            Done::CrcFixed => f.write_str("the prefix has a good CRC again"),
        }
    }
}

/// Damages a copy of one of the images, as `random` says.
pub(crate) fn damage(images: &[Image], random: &mut Random) -> (usize, Damaged) {
    let number = random.below(images.len() as u64) as usize;
    let image = &images[number];
    let mut damaged = Damaged { bytes: image.bytes.clone(), done: Vec::new() };
    let times = if random.one_in(4) { 2 + random.below(8) } else { 1 };
    for _ in 0..times {
        damaged.once(image, images, random);
    }
    if random.one_in(100) {
        damaged.resize(random);
    } else if damaged.bytes[PREFIX] != image.bytes[PREFIX] && random.one_in(2) {
        let crc = crc32fast::hash(&damaged.bytes[..508]);
        damaged.bytes[508..512].copy_from_slice(&crc.to_le_bytes());
        damaged.done.push(Done::CrcFixed);
    }
    (number, damaged)
}

impl Damaged {
    fn once(&mut self, image: &Image, images: &[Image], random: &mut Random) {
        match random.below(20) {
            0 => self.flip("prefix", PREFIX, random),
            1 => self.flip("words", WORDS, random),
            2 => self.flip("record", RECORD..image.journal, random),
            3 | 4 => self.flip("journal", image.journal..image.journal + image.journal_used, random),
            5 | 6 => self.journal_word(image, random),
            7 => self.flip("root", image.root..self.bytes.len(), random),
            8 | 9 => {
                let at = image.in_use[random.below(image.in_use.len() as u64) as usize] as usize;
                self.flip("bytes in use", at..at + 1, random);
            }
            10 | 11 => self.block(image, images, random),
            _ => self.number(image, random),
        }
    }

    fn flip(&mut self, part: &'static str, range: Range<usize>, random: &mut Random) {
        let at = range.start + random.below(range.len() as u64) as usize;
        let bit = random.below(8) as u32;
        self.bytes[at] ^= 1 << bit;
        self.done.push(Done::Bit { at, bit, part });
    }

    /// A word of the journal: its length, or part of an entry.
    fn journal_word(&mut self, image: &Image, random: &mut Random) {
        let words = (image.journal_used / 8).max(1) as u64;
        let word = if random.one_in(3) { 0 } else { random.below(words + 4) };
        self.set(image.journal + 8 * word as usize, 8, "word of the journal", random);
    }

    fn number(&mut self, image: &Image, random: &mut Random) {
        let places = &image.places[random.below(image.places.len() as u64) as usize];
        let place = places[random.below(places.len() as u64) as usize];
        if random.one_in(4) {
            // What another place of the same field holds: a link, a tag, a handle that exists.
            let other = places[random.below(places.len() as u64) as usize];
            let bytes = place.bytes.min(other.bytes);
            self.bytes.copy_within(other.at..other.at + bytes, place.at);
            let value = self.get(place.at, bytes);
            self.done.push(Done::Number { at: place.at, bytes, name: place.name, value });
        } else {
            self.set(place.at, place.bytes, place.name, random);
        }
    }

    fn get(&self, at: usize, bytes: usize) -> u64 {
        let mut word = [0; 8];
        let bytes = bytes.min(8);
        word[..bytes].copy_from_slice(&self.bytes[at..at + bytes]);
        u64::from_le_bytes(word)
    }

    /// Sets a number to one that is likely to hurt.
    fn set(&mut self, at: usize, bytes: usize, name: &'static str, random: &mut Random) {
        let bytes = bytes.min(8);
        let old = self.get(at, bytes);
        let value = match random.below(12) {
            0 => 0,
            1 => u64::MAX,
            2 => u64::MAX - random.below(3),
            3 => old.wrapping_add(1),
            4 => old.wrapping_sub(1),
            5 => random.below(40),
            6 => 1 << random.below(64),
            7 => old ^ 1 << random.below(8 * bytes as u64),
            8 => old ^ 1 << 63,
            9 => random.below(self.bytes.len() as u64) & !7,
            10 => old.rotate_left(32),
            _ => random.next(),
        };
        self.bytes[at..at + bytes].copy_from_slice(&value.to_le_bytes()[..bytes]);
        self.done.push(Done::Number { at, bytes, name, value });
    }

    /// A block of another image, of elsewhere, of zeros, of ones.
    fn block(&mut self, image: &Image, images: &[Image], random: &mut Random) {
        let bytes_max = 1 << random.below(13);
        let bytes = 1 + random.below(bytes_max) as usize;
        let start = if random.one_in(8) { PREFIX.end } else { image.root };
        let end = self.bytes.len() - bytes;
        let at = start + random.below((end - start) as u64) as usize;
        let from = match random.below(4) {
            0 => {
                self.bytes[at..at + bytes].fill(0);
                "zero"
            }
            1 => {
                self.bytes[at..at + bytes].fill(0xff);
                "ones"
            }
            2 => {
                let from = start + random.below((end - start) as u64) as usize;
                self.bytes.copy_within(from..from + bytes, at);
                "of elsewhere"
            }
            _ => {
                let other = &images[random.below(images.len() as u64) as usize];
                self.bytes[at..at + bytes].copy_from_slice(&other.bytes[at..at + bytes]);
                "of another segment"
            }
        };
        self.done.push(Done::Block { at, bytes, from });
    }

    fn resize(&mut self, random: &mut Random) {
        let old = self.bytes.len();
        let bytes = match random.below(5) {
            0 => random.below(old as u64) as usize,
            1 => old - 1 - random.below(4096) as usize,
            2 => old + 1 + random.below(4096) as usize,
            3 => old + 4096,
            _ => random.below(1100) as usize,
        };
        self.bytes.resize(bytes, 0);
        self.done.push(Done::Size { bytes });
    }
}
