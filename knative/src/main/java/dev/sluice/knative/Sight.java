package dev.sluice.knative;

import dev.sluice.core.discovery.Picture;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What can be seen now of one thing that is looked for. */
interface Sight extends AutoCloseable {
    /** All of it, from caches: no call goes out. */
    Picture look();

    @Override
    void close();

    /** What stands in the way of some feeds. */
    static List<String> problems(Feed<?>... feeds) {
        return Stream.of(feeds).map(Feed::problem).flatMap(Optional::stream).toList();
    }
}
