package dev.sluice.simulator.events;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The messages of one publisher: numbered from 0, kept for replay, and broken on demand. Every message has three frames: topic,
 * sequence number as 8 bytes, batch. Thread-safe.
 */
public final class EventStream {
    private static final byte[] END = number(-1);

    private record Message(long number, byte[] batch) {}

    private final EventOptions options;
    private final EventEncoder encoder;
    private final byte[] topic;
    private final Deque<Message> kept = new ArrayDeque<>();
    private long next;
    private int drops;
    private int losses;
    private int garbage;
    private int lies;
    private int shorts;

    /** A stream that has said nothing yet. */
    public EventStream(EventOptions options) {
        this.options = options;
        encoder = new EventEncoder(options.maps(), options.numbers());
        topic = options.topic().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The frames to send for a batch; none when a fault swallows it.
     *
     * @param time seconds since the epoch
     */
    public synchronized Optional<List<byte[]>> batch(double time, List<KvEvent> events) {
        var told = lies > 0 ? events.stream().map(EventStream::lie).toList() : events;
        lies = Math.max(0, lies - 1);
        var number = next++;
        var batch = encoder.batch(time, told, options.rank());
        if (losses > 0) {
            losses--;
            return Optional.empty();
        }
        kept.addLast(new Message(number, batch));
        if (kept.size() > options.bufferSteps()) {
            kept.removeFirst();
        }
        if (drops > 0) {
            drops--;
            return Optional.empty();
        }
        if (garbage > 0) {
            garbage--;
            return Optional.of(List.of(topic, number(number), scrambled(batch)));
        }
        if (shorts > 0) {
            shorts--;
            return Optional.of(List.of(topic, batch));
        }
        return Optional.of(List.of(topic, number(number), batch));
    }

    /**
     * Answers to a request for everything from a number on, in order, as frames after the empty delimiter; the last one says that
     * this was all.
     */
    public synchronized List<List<byte[]>> replay(long from) {
        var answers = new ArrayList<List<byte[]>>();
        for (var message : kept) {
            if (Long.compareUnsigned(message.number(), from) >= 0) {
                answers.add(frames(topic, number(message.number()), message.batch()));
            }
        }
        answers.add(frames(new byte[0], END, new byte[0]));
        return answers;
    }

    private List<byte[]> frames(byte[] first, byte[] second, byte[] third) {
        return options.replayTopic() ? List.of(first, second, third) : List.of(second, third);
    }

    /** The number of the next message. */
    public synchronized long next() {
        return next;
    }

    /** A fault: the next messages are not sent, but can be had by replay, as when a publisher's queue is full. */
    public synchronized void drop(int messages) {
        drops = messages;
    }

    /** A fault: the next messages are neither sent nor kept. */
    public synchronized void lose(int messages) {
        losses = messages;
    }

    /** A fault: the next messages have batches of scrambled bytes; replay has them right. */
    public synchronized void garble(int messages) {
        garbage = messages;
    }

    /** A fault: the next batches name blocks that are not there, and keep quiet of those that are. */
    public synchronized void lie(int messages) {
        lies = messages;
    }

    /** A fault: the next messages lack their sequence number. */
    public synchronized void shorten(int messages) {
        shorts = messages;
    }

    /** A fault: numbers begin at 0 again and nothing earlier is kept, as after a restart that nobody announced. */
    public synchronized void restart() {
        next = 0;
        kept.clear();
    }

    private static KvEvent lie(KvEvent event) {
        return event instanceof KvEvent.Stored stored
                ? new KvEvent.Stored(
                        stored.hashes().stream().map(BlockHasher::digest).toList(),
                        stored.parent(),
                        Arrays.stream(stored.tokens()).map(token -> token ^ 1).toArray(),
                        stored.blockSize(),
                        stored.loraId(),
                        stored.medium(),
                        stored.loraName(),
                        stored.extraKeys())
                : event;
    }

    private static byte[] scrambled(byte[] batch) {
        var bytes = batch.clone();
        for (var i = 0; i < bytes.length; i++) {
            bytes[i] ^= (byte) (i * 31 + 0x5a);
        }
        return bytes;
    }

    private static byte[] number(long value) {
        var bytes = new byte[8];
        for (var i = 0; i < 8; i++) {
            bytes[i] = (byte) (value >>> (56 - 8 * i));
        }
        return bytes;
    }
}
