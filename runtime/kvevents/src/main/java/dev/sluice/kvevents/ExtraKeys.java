package dev.sluice.kvevents;

import dev.sluice.core.kv.BlockKeys;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What distinguishes blocks beside their tokens, as events tell it: per block nothing, or a list of texts (adapter, images, salt),
 * digests, and pairs of a text and an offset. Offsets are left out: they follow from the chain, and not all builds give them.
 */
record ExtraKeys(List<List<String>> blocks) {
    static final ExtraKeys NONE = new ExtraKeys(List.of());
    private static final int MOST = 256;
    private static final int DEEPEST = 3;
    private static final long[] NOTHING = {};

    static ExtraKeys read(Packed in) throws IOException, Malformed {
        if (in.nil()) {
            return NONE;
        }
        int count = in.array();
        List<List<String>> blocks = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            List<String> items = new ArrayList<>(0);
            if (!in.nil()) {
                items(in, items, 0);
            }
            blocks.add(items);
        }
        return new ExtraKeys(blocks);
    }

    private static void items(Packed in, List<String> items, int depth) throws IOException, Malformed {
        int count = in.array();
        if (depth > DEEPEST || items.size() + count > MOST) {
            throw new Malformed("extra keys without end");
        }
        for (int i = 0; i < count; i++) {
            if (in.isArray()) {
                items(in, items, depth + 1);
            } else if (in.isText()) {
                items.add(in.text());
            } else if (in.isBytes()) {
                items.add(in.bytes());
            } else {
                in.skip();
            }
        }
    }

    Optional<String> first() {
        return blocks.isEmpty() || blocks.getFirst().isEmpty()
                ? Optional.empty()
                : Optional.of(blocks.getFirst().getFirst());
    }

    /**
     * One number per block, or none when nothing distinguishes any. The adapter is left out, because it is in the start of the chain.
     *
     * @param salt of the first block, when the engine tells it apart from the extra keys; else empty
     */
    long[] numbers(String adapter, String salt, int count) {
        long[] numbers = new long[Math.min(count, Math.max(1, blocks.size()))];
        boolean any = false;
        for (int i = 0; i < numbers.length; i++) {
            boolean named = adapter.isEmpty();
            for (String item : i < blocks.size() ? blocks.get(i) : List.<String>of()) {
                if (!named && item.equals(adapter)) {
                    named = true;
                } else {
                    numbers[i] = BlockKeys.extra(item, numbers[i]);
                    any = true;
                }
            }
        }
        if (!salt.isEmpty() && numbers.length > 0) {
            numbers[0] = BlockKeys.extra(salt, numbers[0]);
            any = true;
        }
        return any ? numbers : NOTHING;
    }
}
