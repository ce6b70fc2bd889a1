package dev.sluice.gateway;

import dev.sluice.core.index.PromptHashes;
import java.util.LinkedHashMap;
import java.util.Optional;

/**
 * Conversations without an id. A prompt that goes on from an earlier one is a further turn of its session: all full blocks of the
 * earlier prompt stand at its beginning, and a block's hash stands for everything before it. Bounded; what was not gone on with
 * for longest is forgotten first.
 */
final class InferredSessions {
    private static final int MOST = 100_000;
    /** Blocks that are looked back, from a prompt's end: a turn of 128 KiB. */
    private static final int LOOK_BACK = 2048;

    private final int most;
    /** Hash of a prompt's last full block → its session. */
    private final LinkedHashMap<Long, Long> sessions = new LinkedHashMap<>(256, 0.75f, true);

    InferredSessions() {
        this(MOST);
    }

    InferredSessions(int most) {
        this.most = most;
    }

    /** The session that a prompt goes on with, or begins; empty for one shorter than a block. */
    synchronized Optional<String> of(PromptHashes prompt) {
        int count = prompt.count();
        if (count == 0) {
            return Optional.empty();
        }
        long[] chain = prompt.hashes();
        long session = chain[count - 1];
        for (int i = count - 1; i >= Math.max(0, count - LOOK_BACK); i--) {
            Long known = sessions.get(chain[i]);
            if (known != null) {
                session = known;
                break;
            }
        }
        sessions.put(chain[count - 1], session);
        if (sessions.size() > most) {
            sessions.pollFirstEntry();
        }
        return Optional.of("inferred-" + Long.toHexString(session));
    }
}
