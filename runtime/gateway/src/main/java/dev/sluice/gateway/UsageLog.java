package dev.sluice.gateway;

import dev.sluice.gateway.config.UsageConfig;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.MpscArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * One JSON line per exchange, for bills and audits, rotated by size. An exchange only leaves its line in a bounded queue; a thread of
 * the log's own makes text of it and writes. When the disk is too slow or full, lines are lost and counted, and requests go on.
 */
final class UsageLog implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(UsageLog.class.getName());
    private static final int WAITING = 1 << 14;
    private static final long NAP_NS = 5_000_000;

    private final UsageConfig config;
    private final MpscArrayQueue<UsageLine> lines = new MpscArrayQueue<>(WAITING);
    private final AtomicLong lost;
    private final Thread writer;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean open = true;
    private @Nullable OutputStream out;
    private long size;
    private boolean failing;

    /** @param lost is counted up for each line that was not written */
    UsageLog(UsageConfig config, AtomicLong lost) {
        this.config = config;
        this.lost = lost;
        this.writer = Thread.ofPlatform().name("usage-log").daemon().start(this::run);
    }

    UsageConfig config() {
        return config;
    }

    /** From any thread, at once. */
    void line(UsageLine line) {
        if (!open || !lines.offer(line)) {
            lost.incrementAndGet();
        }
    }

    private void run() {
        try {
            while (open || !lines.isEmpty()) {
                UsageLine line = lines.poll();
                if (line == null) {
                    flush();
                    LockSupport.parkNanos(NAP_NS);
                } else {
                    write(line);
                }
            }
        } finally {
            closeFile();
            ended.countDown();
        }
    }

    private void write(UsageLine line) {
        try {
            OutputStream file = file();
            Counting counted = new Counting(file);
            line.write(counted);
            size += counted.bytes;
            failing = false;
        } catch (IOException full) {
            lost.incrementAndGet();
            closeFile();
            if (!failing) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "usage is not written to {0}: {1}",
                        config.file(),
                        full.getMessage());
            }
            failing = true;
        }
    }

    private OutputStream file() throws IOException {
        OutputStream now = out;
        if (now != null && size < config.rotateAt().bytes()) {
            return now;
        }
        if (now != null) {
            now.close();
            out = null;
            rotate();
        }
        size = Files.exists(config.file()) ? Files.size(config.file()) : 0;
        if (size >= config.rotateAt().bytes()) {
            rotate();
            size = 0;
        }
        OutputStream next = new BufferedOutputStream(
                Files.newOutputStream(config.file(), StandardOpenOption.CREATE, StandardOpenOption.APPEND), 1 << 16);
        out = next;
        return next;
    }

    private void rotate() throws IOException {
        Files.deleteIfExists(numbered(config.keep() + 1));
        for (int i = config.keep(); i >= 1; i--) {
            if (Files.exists(numbered(i))) {
                Files.move(numbered(i), numbered(i + 1), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.move(config.file(), numbered(1), StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(numbered(config.keep() + 1));
    }

    private Path numbered(int number) {
        return config.file().resolveSibling(config.file().getFileName() + "." + number);
    }

    private void flush() {
        OutputStream now = out;
        if (now == null) {
            return;
        }
        try {
            now.flush();
        } catch (IOException full) {
            closeFile();
            LOG.log(System.Logger.Level.ERROR, "usage is not written to {0}: {1}", config.file(), full.getMessage());
        }
    }

    private void closeFile() {
        OutputStream now = out;
        out = null;
        if (now != null) {
            try {
                now.close();
            } catch (IOException full) {
                LOG.log(System.Logger.Level.ERROR, "the end of the usage log is lost: {0}", full.getMessage());
            }
        }
    }

    /** Ends when all lines so far are written. */
    @Override
    public void close() {
        open = false;
        LockSupport.unpark(writer);
        try {
            if (!ended.await(5, TimeUnit.SECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "the usage log is still being written");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Counts what passes. */
    private static final class Counting extends OutputStream {
        private final OutputStream to;
        private long bytes;

        Counting(OutputStream to) {
            this.to = to;
        }

        @Override
        public void write(int b) throws IOException {
            to.write(b);
            bytes++;
        }

        @Override
        public void write(byte[] b, int from, int length) throws IOException {
            to.write(b, from, length);
            bytes += length;
        }
    }
}
