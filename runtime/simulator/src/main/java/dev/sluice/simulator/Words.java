package dev.sluice.simulator;

/**
 * What the stand-in says: words of three letters after a space, each exactly one token, so that the text of an answer, sent back
 * as part of the next turn, is cut into the same tokens again and hits the blocks that its generation filled.
 */
final class Words {
    private static final String[] LIST = {
        "the", "sea", "was", "low", "and", "red", "sun", "hid", "far", "off", "new", "day", "men", "ran", "out", "but",
                "few",
        "saw", "how", "big", "sky", "had", "got", "old", "ink", "pen", "map", "arc", "oak", "elm", "ash", "fox", "owl",
                "bee",
        "ant", "hen", "dog", "cat", "cow", "pig", "rye", "oat", "tea", "fig", "nut", "jam", "pie", "egg", "ice", "fog",
                "dew",
        "mud", "ore", "tin", "gem", "jar", "cup", "pot", "lid", "mat", "bed", "lam", "key", "hut"
    };

    private Words() {}

    /** The token ids of an answer: {@code count} of them, decided by the seed alone. */
    static int[] tokens(long seed, int count) {
        var ids = new int[count];
        var state = seed;
        for (var i = 0; i < count; i++) {
            state += 0x9E3779B97F4A7C15L;
            ids[i] = id((int) (Hashes.mix(state) >>> 58));
        }
        return ids;
    }

    static int count() {
        return LIST.length;
    }

    static int id(int index) {
        var word = LIST[index];
        return ' ' << 21 | word.charAt(0) << 14 | word.charAt(1) << 7 | word.charAt(2);
    }
}
