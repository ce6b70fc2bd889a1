package dev.sluice.app;

/**
 * {@link Ran} for tests of other packages.
 *
 * @param text what was printed, on both
 */
public record RanHere(int code, String text) {
    /** Runs a command. */
    public static RanHere of(String... arguments) {
        Ran ran = Ran.of(arguments);
        return new RanHere(ran.code(), ran.out() + ran.err());
    }
}
