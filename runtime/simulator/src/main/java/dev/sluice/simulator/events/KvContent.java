package dev.sluice.simulator.events;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a sequence's blocks hold, prompt and answer, and what they are called in events.
 *
 * @param tokens all token ids
 * @param digests of the full blocks
 * @param loraName of the adapter, or empty
 * @param loraId number of the adapter, or 0
 * @param salt cache salt, or empty
 */
@SuppressWarnings("ArrayRecordComponent")
public record KvContent(int[] tokens, List<byte[]> digests, String loraName, int loraId, String salt) {
    /** What happened when so many of these blocks, from one on, became cached. */
    public KvEvent stored(int first, int count, int blockSize, String medium) {
        var extra = new ArrayList<List<String>>(count);
        for (var block = first; block < first + count; block++) {
            var keys = new ArrayList<String>(2);
            if (!loraName.isEmpty()) {
                keys.add(loraName);
            }
            if (block == 0 && !salt.isEmpty()) {
                keys.add(salt);
            }
            extra.add(keys);
        }
        var part = Arrays.copyOfRange(tokens, first * blockSize, (first + count) * blockSize);
        return new KvEvent.Stored(
                digests.subList(first, first + count),
                first == 0 ? Optional.empty() : Optional.of(digests.get(first - 1)),
                part,
                blockSize,
                loraId,
                medium,
                loraName,
                extra);
    }
}
