package dev.sluice.kvevents;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.sluice.core.kv.BlockIndex;
import dev.sluice.core.kv.KvBatch;
import dev.sluice.core.kv.KvEvent;
import dev.sluice.core.kv.KvEventSink.Oddity;
import java.io.IOException;
import java.util.Arrays;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePackException;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.ValueType;

/**
 * Payloads of engines: a batch or {@link Malformed}; what is read agrees with msgpack's own reader, and is read again when it is
 * packed again.
 */
class DecoderFuzzTest {
    @FuzzTest
    void decode(byte[] payload) throws IOException, Malformed {
        Told told = new Told();
        KvBatch batch;
        try {
            batch = new Decoder(told::count).decode(7, payload);
        } catch (Malformed refused) {
            return;
        }
        int all = events(payload, batch.seconds());
        long removals = batch.events().stream()
                .filter(KvEvent.Removed.class::isInstance)
                .count();
        long others = batch.events().size() - removals + told.count(Oddity.MALFORMED) + told.count(Oddity.IGNORED);
        check(others + removals <= all && (removals > 0 || others == all), "each event is read, or counted");
        again(batch);
        BlockIndex index = new BlockIndex(3, 1000);
        int lane = index.open(100);
        batch.events().forEach(event -> index.apply(lane, event));
        check(index.size(lane) <= 100, "a lane's bound");
    }

    /** How many events msgpack's own reader sees; it must see the same time. */
    private static int events(byte[] payload, double seconds) throws IOException {
        try (MessageUnpacker in = MessagePack.newDefaultUnpacker(payload)) {
            check(in.unpackArrayHeader() >= 2, "a time and events");
            boolean decimal = in.getNextFormat().getValueType() == ValueType.FLOAT;
            double time = decimal ? in.unpackDouble() : in.unpackLong();
            check(Double.compare(time, seconds) == 0, "the time");
            return in.unpackArrayHeader();
        } catch (MessagePackException other) {
            throw new AssertionError("msgpack does not read what was accepted", other);
        }
    }

    private static void again(KvBatch batch) throws Malformed {
        for (KvEvent event : batch.events()) {
            if (event instanceof KvEvent.Stored stored && stored.adapter().length() > 1000) {
                return; // what is no UTF-8 is longer when it is written again, and may be too long
            }
        }
        Told told = new Told();
        KvBatch second = new Decoder(told::count).decode(7, Payloads.of(batch));
        check(told.count(Oddity.MALFORMED) == 0 && told.count(Oddity.IGNORED) == 0, "nothing odd in what was packed");
        check(blocks(second).equals(blocks(batch)), "the same again");
    }

    /** All that an index would see of a batch, removals that follow each other as one, without extras, which are hashed. */
    private static String blocks(KvBatch batch) {
        StringBuilder text = new StringBuilder();
        Object before = null;
        for (KvEvent event : batch.events()) {
            switch (event) {
                case KvEvent.Stored stored ->
                    text.append("\nstored ")
                            .append(stored.tier())
                            .append(stored.adapter())
                            .append(stored.blockSize())
                            .append(Arrays.toString(stored.hashes()))
                            .append(stored.parent())
                            .append(Arrays.toString(stored.tokens()));
                case KvEvent.Removed removed -> {
                    if (!(before instanceof KvEvent.Removed one) || one.tier() != removed.tier()) {
                        text.append("\nremoved ").append(removed.tier());
                    }
                    for (long hash : removed.hashes()) {
                        text.append(' ').append(hash);
                    }
                }
                case KvEvent.Cleared cleared -> text.append('\n').append(cleared);
            }
            before = event;
        }
        return text.toString();
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("does not hold: " + what);
        }
    }
}
