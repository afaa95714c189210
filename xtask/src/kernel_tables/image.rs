//! The image of a kernel -> its BTF. What is compressed follows a decompressor, so it is looked for.

use std::io::Read;

use telovix_btf::Btf;

/// No kernel is larger.
const LARGEST: u64 = 1 << 28;

/// What a kernel starts with that Zstandard compressed.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The same for LZ4, in its legacy form: blocks of 8 MiB, each after its length.
const LZ4: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];
const LZ4_BLOCK: usize = 8 << 20;

/// Returns the BTF of an image as it is, or of the first part of it that has one once it is unpacked.
pub(super) fn btf(image: &[u8]) -> Option<Btf> {
    let unpacked = image.windows(ZSTD.len()).enumerate().filter_map(|(at, window)| {
        let rest = image.get(at..)?;
        match <[u8; 4]>::try_from(window) {
            Ok(ZSTD) => Some(zstd(rest)),
            Ok(LZ4) => Some(lz4(rest)),
            _ => None,
        }
    });
    Btf::within(image).or_else(|| unpacked.into_iter().find_map(|kernel| Btf::within(&kernel)))
}

/// Unpacks as much as there is; what follows the kernel is no error.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut kernel = Vec::new();
    if let Ok(decoder) = ruzstd::decoding::StreamingDecoder::new(bytes) {
        let _ends_early = decoder.take(LARGEST).read_to_end(&mut kernel);
    }
    kernel
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut kernel = Vec::new();
    let mut rest = bytes.get(LZ4.len()..).unwrap_or_default();
    while let Some((length, blocks)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some(block) = blocks.get(..length) else { break };
        let Ok(part) = lz4_flex::block::decompress(block, LZ4_BLOCK) else { break };
        kernel.extend(part);
        rest = blocks.get(length..).unwrap_or_default();
    }
    kernel
}
