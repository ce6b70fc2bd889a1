package dev.sluice.core.index;

/**
 * How prompts are cut into blocks.
 *
 * @param bytes prompt bytes per block, a positive multiple of 8
 * @param bytesPerToken bytes of prompt text that make a token on average, above 0; learned elsewhere. Changes estimates only,
 *     never hashes
 * @param mediaTokens tokens that one image or the like is taken for, at least 1
 * @param maxBlocks blocks after which a prompt is no longer followed, at least 1
 */
public record BlockRules(int bytes, double bytesPerToken, int mediaTokens, int maxBlocks) {
    /** 64 bytes, so about 16 tokens of 4 bytes; 512 tokens per image; 4 MiB of prompt. */
    public static final BlockRules DEFAULT = new BlockRules(64, 4, 512, 65_536);

    /** Checks the ranges. */
    public BlockRules {
        if (bytes <= 0 || bytes % 8 != 0 || !(bytesPerToken > 0) || mediaTokens < 1 || maxBlocks < 1) {
            throw new IllegalArgumentException("block rules out of range");
        }
    }

    /** Blocks for an engine with that block size in tokens, 4 bytes per token, at least 64 bytes. */
    public static BlockRules ofTokens(int blockSize) {
        return new BlockRules(Math.max(64, 4 * blockSize + 7 & -8), 4, 512, 65_536);
    }

    /** The same blocks with another ratio for estimates. */
    public BlockRules withBytesPerToken(double ratio) {
        return new BlockRules(bytes, ratio, mediaTokens, maxBlocks);
    }
}
