package dev.sluice.gateway.kv;

import dev.sluice.core.kv.BlockIndex;
import dev.sluice.core.kv.KvEngine;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;

/**
 * A file with what all engines hold, so that a gateway that starts again knows it at once. Only engines that repeat what they
 * published are kept: the last batch is asked for again, and what is not confirmed by that is dropped (see the reader's feed).
 *
 * <p>{@code SLKV}, version, secret of the keys, number of lanes; per lane its name, sequence, engine's clock, block size, whether
 * it was whole, length and bytes of its blocks; at the end a CRC-32 of all before it. A file of another version, cut or changed, is
 * not used.
 */
final class KvSnapshot {
    private static final System.Logger LOG = System.getLogger("dev.sluice.kv");
    private static final int MAGIC = 0x534c4b56;
    private static final int VERSION = 1;
    private static final int MOST_LANES = 100_000;

    private KvSnapshot() {}

    /** One lane as it was written. */
    record Lane(long sequence, double seconds, int blockSize, boolean whole, byte[] blocks) {}

    /** A file's contents, lanes by {@link #key}. */
    record Image(long secret, Map<String, Lane> lanes) {
        static final Image NONE = new Image(0, Map.of());
    }

    /** What a lane is found by: an engine that publishes elsewhere is another. */
    static String key(KvFeed feed) {
        return feed.name() + " " + feed.endpoint.events(feed.rank);
    }

    /** Writes what there is; by the writer's thread. A failure is logged, and the file of before stays. */
    static void write(Path file, long secret, List<KvPool> pools) {
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        try {
            CRC32 sum = new CRC32();
            try (DataOutputStream out = new DataOutputStream(
                    new CheckedOutputStream(new BufferedOutputStream(Files.newOutputStream(beside), 1 << 16), sum))) {
                List<Map.Entry<KvPool, KvFeed>> lanes = lanes(pools);
                out.writeInt(MAGIC);
                out.writeInt(VERSION);
                out.writeLong(secret);
                out.writeInt(lanes.size());
                for (Map.Entry<KvPool, KvFeed> lane : lanes) {
                    write(lane.getKey().index(), lane.getValue(), out);
                }
                out.writeLong(sum.getValue());
            }
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "no snapshot of the KV index at " + file, e);
        }
    }

    private static List<Map.Entry<KvPool, KvFeed>> lanes(List<KvPool> pools) {
        List<Map.Entry<KvPool, KvFeed>> lanes = new ArrayList<>();
        for (KvPool pool : pools) {
            for (List<KvFeed> ranks : pool.feeds().values()) {
                for (KvFeed feed : ranks) {
                    if (feed.lane >= 0
                            && feed.sequence() >= 0
                            && feed.endpoint.replay(feed.rank).isPresent()) {
                        lanes.add(Map.entry(pool, feed));
                    }
                }
            }
        }
        return lanes;
    }

    private static void write(BlockIndex index, KvFeed feed, DataOutputStream out) throws IOException {
        ByteArrayOutputStream blocks = new ByteArrayOutputStream();
        index.write(feed.lane, new DataOutputStream(blocks));
        out.writeUTF(key(feed));
        out.writeLong(feed.sequence());
        out.writeDouble(feed.seconds());
        out.writeInt(feed.blockSize());
        out.writeBoolean(feed.whole());
        out.writeInt(blocks.size());
        blocks.writeTo(out);
    }

    /** Reads a file; empty when there is none that can be used. */
    static Optional<Image> read(Path file) {
        try {
            byte[] all = Files.readAllBytes(file);
            CRC32 sum = new CRC32();
            sum.update(all, 0, Math.max(0, all.length - Long.BYTES));
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(all));
            if (all.length < 28 || in.readInt() != MAGIC || in.readInt() != VERSION) {
                throw new IOException("not a snapshot of version " + VERSION);
            }
            DataInputStream end =
                    new DataInputStream(new ByteArrayInputStream(all, all.length - Long.BYTES, Long.BYTES));
            if (end.readLong() != sum.getValue()) {
                throw new IOException("cut or changed");
            }
            return Optional.of(image(in, all.length));
        } catch (NoSuchFileException first) {
            LOG.log(System.Logger.Level.DEBUG, "no snapshot yet", first);
            return Optional.empty();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "snapshot " + file + " is not used: " + e.getMessage());
            return Optional.empty();
        }
    }

    private static Image image(DataInputStream in, int length) throws IOException {
        long secret = in.readLong();
        int count = in.readInt();
        if (count < 0 || count > MOST_LANES) {
            throw new IOException(count + " lanes");
        }
        Map<String, Lane> lanes = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            String key = in.readUTF();
            long sequence = in.readLong();
            double seconds = in.readDouble();
            int blockSize = in.readInt();
            boolean whole = in.readBoolean();
            int bytes = in.readInt();
            if (bytes < 0 || bytes > length) {
                throw new IOException("a lane of " + bytes + " bytes");
            }
            lanes.put(key, new Lane(sequence, seconds, blockSize, whole, in.readNBytes(bytes)));
        }
        return new Image(secret, lanes);
    }

    /** Puts a lane back; by the writer's thread. Returns where its events go on; empty when it could not be used. */
    static Optional<KvEngine.Position> restore(Lane lane, BlockIndex index, KvFeed feed) {
        try {
            index.read(feed.lane, new DataInputStream(new ByteArrayInputStream(lane.blocks())));
            feed.restored(lane.sequence(), lane.seconds(), lane.blockSize(), lane.whole());
            return Optional.of(new KvEngine.Position(lane.sequence(), lane.seconds()));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "snapshot of " + feed.name() + " is not used: " + e.getMessage());
            index.clear(feed.lane);
            return Optional.empty();
        }
    }
}
