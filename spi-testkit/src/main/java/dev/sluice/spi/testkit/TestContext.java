package dev.sluice.spi.testkit;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Part;
import dev.sluice.spi.PluginContext;
import java.util.LinkedHashMap;
import java.util.Map;

/** A context in which instances are created. */
public final class TestContext implements PluginContext {
    private final String name;
    private final Map<String, Part> others = new LinkedHashMap<>();

    /** @param name of the instance */
    public TestContext(String name) {
        this.name = name;
    }

    /** An instance that this one may refer to. */
    public TestContext with(String other, Part part) {
        others.put(other, part);
        return this;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public System.Logger logger() {
        return System.getLogger("dev.sluice.plugin." + name);
    }

    @Override
    public <P extends Part> P reference(String other, Class<P> kind) {
        Part part = others.get(other);
        if (!kind.isInstance(part)) {
            throw new ConfigException("there is no " + kind.getSimpleName() + " named " + other + " before it");
        }
        return kind.cast(part);
    }
}
