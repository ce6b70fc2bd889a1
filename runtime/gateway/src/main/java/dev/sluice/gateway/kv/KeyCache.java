package dev.sluice.gateway.kv;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Keys of prompts whose token ids are known, found by a hash of the whole prompt, or by the hash of a beginning of it: what
 * was a whole prompt is the beginning of the conversation's next one. Bounded by the keys that it keeps; what was not asked
 * for longest goes first.
 */
final class KeyCache {
    /** Blocks of an approximate chain that are looked back, from its end: a turn of a conversation is seldom longer. */
    private static final int LOOK_BACK = 2048;

    private final long most;
    private final LinkedHashMap<Long, Entry> entries = new LinkedHashMap<>(256, 0.75f, true);
    private final Map<Long, Long> beginnings = new LinkedHashMap<>();
    private long kept;

    private record Entry(PromptKeys keys, long beginning) {
        long size() {
            return keys.keys().length + 16L;
        }
    }

    /** @param most keys that are kept, 8 bytes each */
    KeyCache(long most) {
        this.most = most;
    }

    synchronized Optional<PromptKeys> whole(long prompt) {
        return Optional.ofNullable(entries.get(prompt)).map(Entry::keys);
    }

    /**
     * The keys of the longest prompt known that this one goes on from.
     *
     * @param chain approximate hashes of this prompt's blocks
     */
    synchronized Optional<PromptKeys> beginning(long[] chain, int count) {
        for (int i = count - 1; i >= Math.max(0, count - LOOK_BACK); i--) {
            Long prompt = beginnings.get(chain[i]);
            if (prompt != null) {
                return Optional.ofNullable(entries.get(prompt)).map(Entry::keys);
            }
        }
        return Optional.empty();
    }

    /** @param beginning hash of the prompt's last full approximate block; 0 when it has none */
    synchronized void put(long prompt, long beginning, PromptKeys keys) {
        Entry entry = new Entry(keys, beginning);
        Entry before = entries.put(prompt, entry);
        kept += entry.size() - (before == null ? 0 : before.size());
        if (beginning != 0) {
            beginnings.put(beginning, prompt);
        }
        var oldest = entries.entrySet().iterator();
        while (kept > most && oldest.hasNext()) {
            Map.Entry<Long, Entry> gone = oldest.next();
            kept -= gone.getValue().size();
            beginnings.remove(gone.getValue().beginning(), gone.getKey());
            oldest.remove();
        }
    }
}
