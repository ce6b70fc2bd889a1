package dev.sluice.gateway.stream;

/**
 * What an engine says an answer cost, in tokens. -1 is unknown, which is not zero.
 *
 * @param prompt tokens of the whole prompt, the cached ones included (Anthropic's three parts are summed up)
 * @param cached those of them that were found in a cache
 * @param completion tokens generated
 */
public record Usage(int prompt, int cached, int completion) {
    /** Nothing known. */
    public static final Usage UNKNOWN = new Usage(-1, -1, -1);
}
