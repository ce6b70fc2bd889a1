package dev.sluice.core.bench;

import java.io.IOException;
import org.openjdk.jmh.Main;

/** Runs the benches of core; takes JMH's options, such as {@code -p size=8192 BodyBench}. */
public final class Bench {
    private Bench() {}

    /** See the class. */
    public static void main(String[] args) throws IOException {
        Main.main(args);
    }
}
