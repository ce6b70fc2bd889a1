package dev.sluice.gateway.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds what somebody probably meant. */
final class Nearest {
    private Nearest() {}

    /** {@code , did you mean "port"?} or, when nothing is near, {@code ; known: a, b, c}. */
    static String hint(String word, Collection<String> known) {
        return find(word, known)
                .map(near -> ", did you mean \"" + near + "\"?")
                .orElseGet(() -> known.isEmpty()
                        ? "; there are none"
                        : "; known: " + known.stream().limit(40).collect(Collectors.joining(", ")));
    }

    /** The known word with the fewest edits, when those are at most a third of the longer one's letters. */
    static Optional<String> find(String word, Collection<String> known) {
        if (word.length() > 100) {
            return Optional.empty();
        }
        String lower = word.toLowerCase(Locale.ROOT);
        record Rated(String word, int edits) {}
        return known.stream()
                .map(candidate -> new Rated(candidate, edits(lower, candidate.toLowerCase(Locale.ROOT))))
                .filter(rated -> rated.edits * 3 <= Math.max(3, Math.max(word.length(), rated.word.length())))
                .min(Comparator.comparingInt(Rated::edits).thenComparing(Rated::word))
                .map(Rated::word);
    }

    /** Optimal string alignment distance: insert, delete, replace, swap neighbours. */
    private static int edits(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
