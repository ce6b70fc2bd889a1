package dev.sluice.simulator;

import dev.sluice.simulator.events.KvContent;
import dev.sluice.simulator.events.KvEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** Turns what the engine says about its cache into events with the names that a real engine gives to blocks. */
final class KvRecorder implements CacheListener {
    private record Named(byte[] digest, int holders) {}

    private final int blockSize;
    private final LongFunction<Optional<KvContent>> contents;
    private final Consumer<List<KvEvent>> batches;
    private final Map<Long, Named> names = new HashMap<>();
    private final List<KvEvent> events = new ArrayList<>();

    /**
     * A recorder.
     *
     * @param contents of the sequences that the engine holds
     * @param batches takes the events of a step that had any
     */
    KvRecorder(int blockSize, LongFunction<Optional<KvContent>> contents, Consumer<List<KvEvent>> batches) {
        this.blockSize = blockSize;
        this.contents = contents;
        this.batches = batches;
    }

    @Override
    public void stored(long id, int firstBlock, long parent, long[] hashes) {
        contents.apply(id).ifPresent(content -> {
            for (var i = 0; i < hashes.length; i++) {
                var digest = content.digests().get(firstBlock + i);
                names.merge(hashes[i], new Named(digest, 1), (was, now) -> new Named(digest, was.holders() + 1));
            }
            events.add(content.stored(firstBlock, hashes.length, blockSize, "GPU"));
        });
    }

    @Override
    public void removed(long hash) {
        var named = names.get(hash);
        if (named == null) {
            return;
        }
        if (named.holders() == 1) {
            names.remove(hash);
        } else {
            names.put(hash, new Named(named.digest(), named.holders() - 1));
        }
        events.add(new KvEvent.Removed(List.of(named.digest()), "GPU"));
    }

    @Override
    public void cleared() {
        names.clear();
        events.add(new KvEvent.Cleared());
    }

    @Override
    public void stepped(long atNanos) {
        if (!events.isEmpty()) {
            batches.accept(List.copyOf(events));
            events.clear();
        }
    }
}
