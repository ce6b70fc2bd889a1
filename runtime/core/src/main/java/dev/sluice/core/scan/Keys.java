package dev.sluice.core.scan;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/** The keys that are understood in one object. Found by their bytes, after escapes are undone. */
final class Keys {
    static final int MAX = 64;

    /** Not a known key. */
    static final int UNKNOWN = -1;
    /** A {@code bootstrap_} key that has no entry of its own. */
    static final int BOOTSTRAP = -2;

    private final List<Key> all;
    /** Indexes of the keys of one length. */
    private final int[][] byLength;

    private final boolean takesBootstrap;

    Keys(List<Key> all) {
        if (all.size() > MAX) {
            throw new IllegalArgumentException("more than " + MAX + " keys in one object");
        }
        this.all = List.copyOf(all);
        int longest = all.stream().mapToInt(key -> key.bytes.length).max().orElse(-1);
        this.byLength = new int[longest + 1][];
        for (int length = 0; length <= longest; length++) {
            int wanted = length;
            byLength[length] = IntStream.range(0, all.size())
                    .filter(i -> all.get(i).bytes.length == wanted)
                    .toArray();
        }
        this.takesBootstrap = all.stream().anyMatch(key -> key.name.startsWith(Key.BOOTSTRAP.name));
    }

    List<Key> all() {
        return all;
    }

    /** The key that {@link #find} found. */
    Key key(int index) {
        return index >= 0 ? all.get(index) : index == BOOTSTRAP ? Key.BOOTSTRAP : Key.UNKNOWN;
    }

    /** Index of the key whose name, without quotes, lies between two offsets; or {@link #UNKNOWN}, {@link #BOOTSTRAP}. */
    int find(ByteBuffer body, int start, int end, boolean escaped) {
        if (escaped) {
            byte[] name = Json.text(body, start, end).getBytes(StandardCharsets.UTF_8);
            return find(ByteBuffer.wrap(name), 0, name.length, false);
        }
        int length = end - start;
        if (length < byLength.length) {
            for (int index : byLength[length]) {
                if (starts(all.get(index).bytes, body, start)) {
                    return index;
                }
            }
        }
        boolean bootstrap =
                takesBootstrap && length >= Key.BOOTSTRAP.bytes.length && starts(Key.BOOTSTRAP.bytes, body, start);
        return bootstrap ? BOOTSTRAP : UNKNOWN;
    }

    private static boolean starts(byte[] name, ByteBuffer body, int start) {
        for (int i = 0; i < name.length; i++) {
            if (body.get(start + i) != name[i]) {
                return false;
            }
        }
        return true;
    }
}
