package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.Plugin;
import java.util.List;
import java.util.stream.Stream;

/** Everything that comes with the gateway, offered the way a third party's jar offers its own. */
public final class BuiltInPlugin implements Plugin {
    @Override
    public String id() {
        return "built-in";
    }

    @Override
    public List<Factory<?>> factories() {
        return Stream.of(FilterTypes.ALL, ScorerTypes.ALL, OtherTypes.ALL, SplitTypes.ALL)
                .<Factory<?>>flatMap(List::stream)
                .toList();
    }
}
