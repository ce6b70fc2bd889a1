package dev.sluice.kvevents;

import dev.sluice.core.kv.KvBatch;
import dev.sluice.core.kv.KvEvent;
import dev.sluice.core.kv.KvEventSink.Oddity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.ObjLongConsumer;

/**
 * An engine's payload as a batch: {@code [seconds, [event…], rank]}, each event a map with {@code type}, or, from older
 * builds, an array that begins with it and may end early (vLLM's {@code KVEventBatch}; SGLang's is alike).
 *
 * <p>An event that is none is left out and counted, and the rest of the batch is read: its borders are known, because it was skipped
 * first. What is not about the prefix cache of full attention is left out as well: a block of a sliding window says nothing about a prefix.
 */
final class Decoder {
    private static final Set<String> INDEXED = Set.of("full_attention", "mla_attention", "sink_full");
    private static final String[] STORED = {
        "block_hashes",
        "parent_block_hash",
        "token_ids",
        "block_size",
        "lora_id",
        "medium",
        "lora_name",
        "extra_keys",
        "group_idx",
        "kv_cache_spec_kind",
        "kv_cache_spec_sliding_window"
    };
    private static final String[] REMOVED = {"block_hashes", "medium", "group_idx"};
    private static final String[] CLEARED = {};

    private final ObjLongConsumer<Oddity> counts;
    /** Groups of layers that events said are not to be indexed: their removals don't say so again. */
    private long otherGroups;

    Decoder(ObjLongConsumer<Oddity> counts) {
        this.counts = counts;
    }

    /** Reads a payload. */
    KvBatch decode(long sequence, byte[] payload) throws Malformed {
        try (Packed in = new Packed(payload)) {
            return Packed.strict(() -> batch(sequence, payload, in));
        }
    }

    /** The engine's clock in a payload, without its events. */
    static double seconds(byte[] payload) throws Malformed {
        try (Packed in = new Packed(payload)) {
            return Packed.strict(() -> {
                in.array();
                return in.number();
            });
        }
    }

    private KvBatch batch(long sequence, byte[] payload, Packed in) throws IOException, Malformed {
        int parts = in.array();
        if (parts < 2) {
            throw new Malformed("a batch has a time and events");
        }
        double seconds = in.number();
        int count = in.array();
        List<KvEvent> events = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            int from = (int) in.at();
            in.skip();
            event(payload, from, (int) in.at()).ifPresent(event -> add(events, event));
        }
        return new KvBatch(sequence, seconds, List.copyOf(events));
    }

    /** Removals come one by one: those of one tier that follow each other are one event. */
    private static void add(List<KvEvent> events, KvEvent event) {
        if (event instanceof KvEvent.Removed removed
                && !events.isEmpty()
                && events.getLast() instanceof KvEvent.Removed before
                && before.tier() == removed.tier()
                && before.hashes().length < 64) {
            long[] both = java.util.Arrays.copyOf(before.hashes(), before.hashes().length + removed.hashes().length);
            System.arraycopy(removed.hashes(), 0, both, before.hashes().length, removed.hashes().length);
            events.set(events.size() - 1, new KvEvent.Removed(removed.tier(), both));
        } else {
            events.add(event);
        }
    }

    private Optional<KvEvent> event(byte[] payload, int from, int to) {
        try (Packed in = new Packed(payload, from, to - from)) {
            return Packed.strict(() -> event(in));
        } catch (Malformed wrong) {
            counts.accept(Oddity.MALFORMED, 1);
            return Optional.empty();
        }
    }

    private Optional<KvEvent> event(Packed in) throws IOException, Malformed {
        EventFields fields = new EventFields();
        if (in.isMap()) {
            int entries = in.map();
            for (int i = 0; i < entries; i++) {
                fields.read(in.text(), in);
            }
        } else {
            int parts = in.array();
            if (parts < 1) {
                throw new Malformed("an event without a type");
            }
            fields.type = in.text();
            String[] names = names(fields.type);
            for (int i = 1; i < parts; i++) {
                fields.read(i <= names.length ? names[i - 1] : "", in);
            }
        }
        return made(fields);
    }

    private static String[] names(String type) {
        return switch (type) {
            case "BlockStored" -> STORED;
            case "BlockRemoved" -> REMOVED;
            default -> CLEARED;
        };
    }

    private Optional<KvEvent> made(EventFields fields) throws Malformed {
        return switch (fields.type) {
            case "AllBlocksCleared" -> Optional.of(new KvEvent.Cleared());
            case "BlockStored" -> {
                if (!fields.kind.isEmpty() && !INDEXED.contains(fields.kind)) {
                    otherGroups |= bit(fields.group);
                    yield ignored();
                }
                yield Optional.of(fields.stored());
            }
            case "BlockRemoved" -> (otherGroups & bit(fields.group)) != 0 ? ignored() : Optional.of(fields.removed());
            default -> ignored();
        };
    }

    private static long bit(OptionalLong group) {
        return group.isPresent() && group.getAsLong() >= 0 && group.getAsLong() < 64 ? 1L << group.getAsLong() : 0;
    }

    private Optional<KvEvent> ignored() {
        counts.accept(Oddity.IGNORED, 1);
        return Optional.empty();
    }
}
