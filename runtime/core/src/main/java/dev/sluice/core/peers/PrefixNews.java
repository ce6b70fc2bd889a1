package dev.sluice.core.peers;

import dev.sluice.core.peers.PeerMessage.Chain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which prompts were sent where, for those who have not heard it: what came since the last time for all, and the newest of it all for
 * a replica that has just come. A conversation that goes on takes the place of its beginning, and what was told a moment ago is not
 * told again. Bounded: beyond it the oldest are left out, since all of this is a hint. Not thread-safe.
 */
final class PrefixNews {
    /** How long after it was told a prompt is not told again, ns: others only need to know that it is still in use. */
    static final long AGAIN = 5_000_000_000L;
    /** Bytes of a message, about. */
    static final int MESSAGE = 40_000;
    /** Longest chain that is told; of a longer one its beginning. */
    static final int LONGEST = 16_000;

    private final int mostFresh;
    private final int mostKept;
    private final Map<Key, Chain> fresh = new LinkedHashMap<>();
    private final Map<Key, Told> kept = new LinkedHashMap<>();
    private long freshHashes;
    private long keptHashes;
    private long leftOut;

    /** The last hash stands for the whole chain. */
    private record Key(long endpoint, long last) {}

    private record Told(Chain chain, long at) {}

    /**
     * Nothing yet.
     *
     * @param mostFresh hashes that are told at a time
     * @param mostKept hashes that are kept for those who come later
     */
    PrefixNews(int mostFresh, int mostKept) {
        this.mostFresh = mostFresh;
        this.mostKept = mostKept;
    }

    /** A prompt was sent to an endpoint. */
    void sent(long endpoint, long[] hashes, int count, long now) {
        int length = Math.min(count, LONGEST);
        if (length < 1) {
            return;
        }
        Key key = new Key(endpoint, hashes[length - 1]);
        Told before = kept.remove(key);
        if (before != null && now - before.at < AGAIN) {
            kept.put(key, before);
            return;
        }
        if (before != null) {
            keptHashes -= before.chain.hashes().length;
        }
        Chain chain = new Chain(endpoint, Chain.ALL, length == hashes.length ? hashes : Arrays.copyOf(hashes, length));
        for (int i = 0; i < length - 1; i++) {
            supersede(new Key(endpoint, hashes[i]));
        }
        kept.put(key, new Told(chain, now));
        keptHashes += length;
        add(key, chain);
        Iterator<Told> oldest = kept.values().iterator();
        while (keptHashes > mostKept && oldest.hasNext()) {
            keptHashes -= oldest.next().chain.hashes().length;
            oldest.remove();
        }
    }

    private void supersede(Key beginning) {
        Told told = kept.remove(beginning);
        if (told != null) {
            keptHashes -= told.chain.hashes().length;
            Chain also = fresh.remove(beginning);
            freshHashes -= also == null ? 0 : also.hashes().length;
        }
    }

    /** An endpoint holds only the first {@code keep} blocks of a prompt. */
    void cut(long endpoint, long[] hashes, int count, int keep) {
        int length = Math.min(count, LONGEST);
        if (length < 1 || keep >= length) {
            return;
        }
        Key key = new Key(endpoint, hashes[length - 1]);
        Told told = kept.remove(key);
        keptHashes -= told == null ? 0 : told.chain.hashes().length;
        add(key, new Chain(endpoint, Math.max(0, keep), Arrays.copyOf(hashes, length)));
    }

    private void add(Key key, Chain chain) {
        Chain before = fresh.remove(key);
        freshHashes += chain.hashes().length - (before == null ? 0 : before.hashes().length);
        fresh.put(key, chain);
        Iterator<Chain> oldest = fresh.values().iterator();
        while (freshHashes > mostFresh && fresh.size() > 1) {
            freshHashes -= oldest.next().hashes().length;
            oldest.remove();
            leftOut++;
        }
    }

    /** What has come since the last time. */
    List<PeerMessage> take() {
        List<Chain> chains = new ArrayList<>(fresh.values());
        fresh.clear();
        freshHashes = 0;
        return messages(chains);
    }

    /** All that is kept, for somebody who has heard nothing. */
    List<PeerMessage> all() {
        return messages(new ArrayList<>(kept.values().stream().map(Told::chain).toList()));
    }

    /** Prompts that there was no room for. */
    long leftOut() {
        return leftOut;
    }

    /** Prompts with the same beginning one after the other, so that it is written once. */
    private static List<PeerMessage> messages(List<Chain> chains) {
        chains.sort((one, other) -> Arrays.compare(one.hashes(), other.hashes()));
        List<PeerMessage> messages = new ArrayList<>();
        List<Chain> some = new ArrayList<>();
        long[] before = {};
        int size = 0;
        for (Chain chain : chains) {
            int own = chain.hashes().length - PeerCodec.common(before, chain.hashes());
            if (size + 8 * own > MESSAGE && !some.isEmpty()) {
                messages.add(new PeerMessage.Prefixes(List.copyOf(some)));
                some.clear();
                size = 0;
                own = chain.hashes().length;
            }
            some.add(chain);
            size += 20 + 8 * own;
            before = chain.hashes();
        }
        if (!some.isEmpty()) {
            messages.add(new PeerMessage.Prefixes(List.copyOf(some)));
        }
        return messages;
    }
}
