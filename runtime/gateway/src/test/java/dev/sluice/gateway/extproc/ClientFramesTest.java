package dev.sluice.gateway.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

class ClientFramesTest {
    private static final byte[] PREFACE = new byte[24];
    private static final byte[] ENVOYS = settings(2, 0, 1, 4096, 8, 0, 3, 1024, 4, 16_777_216);
    private static final byte[] HELIDONS = settings(2, 0, 1, 4096, 3, 1024, 4, 16_777_216);

    private static byte[] settings(int... pairs) {
        byte[] frame = new byte[9 + pairs.length * 3];
        frame[2] = (byte) (pairs.length * 3);
        frame[3] = 4;
        for (int i = 0; i < pairs.length; i += 2) {
            int at = 9 + i * 3;
            frame[at + 1] = (byte) pairs[i];
            for (int b = 0; b < 4; b++) {
                frame[at + 2 + b] = (byte) (pairs[i + 1] >> (24 - 8 * b));
            }
        }
        return frame;
    }

    private static byte[] data(int size) {
        byte[] frame = new byte[9 + size];
        frame[1] = (byte) (size >> 8);
        frame[2] = (byte) size;
        Arrays.fill(frame, 9, frame.length, (byte) 4);
        return frame;
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] through(byte[] bytes, int chunk) {
        return through(bytes, chunk, untold -> {});
    }

    private static byte[] through(byte[] bytes, int chunk, IntConsumer untold) {
        Deque<byte[]> chunks = new ArrayDeque<>();
        for (int at = 0; at < bytes.length; at += chunk) {
            chunks.add(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + chunk)));
        }
        ClientFrames settings = new ClientFrames(chunks::poll, new StreamLives(), untold);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] next = settings.get(); next != null; next = settings.get()) {
            assertThat(next).isNotEmpty();
            all.writeBytes(next);
        }
        return all.toByteArray();
    }

    @Test
    void settingsThatAreNotKnownAreLeftOutHoweverTheBytesCome() {
        byte[] in = joined(PREFACE, ENVOYS, data(300), ENVOYS, settings(), data(0), settings(8, 1), data(5));
        byte[] out = joined(PREFACE, HELIDONS, data(300), HELIDONS, settings(), data(0), settings(), data(5));
        for (int chunk = 1; chunk <= in.length; chunk++) {
            assertThat(through(in, chunk)).as("in chunks of %d", chunk).isEqualTo(out);
        }
    }

    private static byte[] frame(int type, int stream, int size) {
        byte[] frame = new byte[9 + size];
        frame[2] = (byte) size;
        frame[3] = (byte) type;
        frame[8] = (byte) stream;
        return frame;
    }

    @Test
    void aResetGoesOnOnceAndOnlyForAStreamThatLives() {
        byte[] head = frame(1, 5, 20);
        byte[] reset = frame(3, 5, 4);
        byte[] in = joined(PREFACE, settings(), frame(3, 3, 4), head, data(8), reset, reset, data(4), frame(3, 9, 4));
        byte[] out = joined(PREFACE, settings(), head, data(8), reset, data(4));
        for (int chunk = 1; chunk <= in.length; chunk++) {
            assertThat(through(in, chunk)).as("in chunks of %d", chunk).isEqualTo(out);
        }
    }

    @Test
    void whatComesBehindAResetIsLeftOutAndCounted() {
        byte[] head = frame(1, 5, 20);
        byte[] other = frame(1, 7, 20);
        byte[] reset = frame(3, 5, 4);
        byte[] late = joined(frame(0, 5, 70), frame(8, 5, 4), frame(0, 5, 0), frame(0, 7, 9), frame(0, 5, 30));
        byte[] in = joined(PREFACE, head, other, frame(0, 5, 10), reset, late, frame(8, 7, 4));
        byte[] out = joined(PREFACE, head, other, frame(0, 5, 10), reset, frame(0, 7, 9), frame(8, 7, 4));
        for (int chunk = 1; chunk <= in.length; chunk++) {
            AtomicInteger untold = new AtomicInteger();
            assertThat(through(in, chunk, untold::addAndGet))
                    .as("in chunks of %d", chunk)
                    .isEqualTo(out);
            assertThat(untold).hasValue(100);
        }
    }

    @Test
    void aStreamIsClosedOrResetByWhoeverComesFirst() {
        StreamLives lives = new StreamLives();
        lives.began(1);
        lives.began(3);
        assertThat(lives.of(1).close()).isTrue();
        assertThat(lives.reset(1)).isFalse();
        StreamLives.Life third = lives.of(3);
        assertThat(lives.reset(3)).isTrue();
        assertThat(third.close()).isFalse();
        lives.over(1);
        assertThat(lives.size()).isZero();
    }

    @Test
    void aChunkWithoutSettingsGoesOnUncopied() {
        Deque<byte[]> chunks = new ArrayDeque<>();
        byte[] first = joined(PREFACE, data(10));
        byte[] second = data(2000);
        chunks.add(first);
        chunks.add(second);
        ClientFrames settings = new ClientFrames(chunks::poll, new StreamLives(), untold -> {});
        assertThat(settings.get()).isSameAs(first);
        assertThat(settings.get()).isSameAs(second);
        assertThat(settings.get()).isNull();
    }
}
