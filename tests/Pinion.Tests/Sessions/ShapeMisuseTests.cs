namespace Pinion.Tests;

public sealed class ShapeMisuseTests
{
    [Test]
    public void Running_before_shapes_are_set_names_the_input()
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession();

        Check.Throws<InvalidOperationException>(() => session.Run(), "'x'", "-1x4", "SetShape", "1x4", "16x4");
        Check.Throws<InvalidOperationException>(() => session.RunAsync(), "'x'");
        Check.Throws<InvalidOperationException>(() => session.Enqueue(), "'x'");
        Check.Throws<InvalidOperationException>(() => session.GetShape("y"), "'x'");
        Assert.That(session.GetShape("x"), Is.EqualTo(new TensorShape(-1, 4)));
    }

    [TestCase("17x4")]
    [TestCase("0x4")]
    [TestCase("1x5")]
    [TestCase("4")]
    public void A_shape_outside_the_profile_names_input_shape_and_limits(string text)
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession();
        var shape = TensorShape.Parse(text);

        Check.Throws<ArgumentException>(() => session.SetShape("x", shape), "'x'", text, "1x4", "16x4");
        Check.Throws<ArgumentException>(() => session.Prepare(("x", shape)), "'x'", text, "1x4", "16x4");
    }

    [TestCase(0)]
    [TestCase(17)]
    [TestCase(-1)]
    public void A_batch_outside_the_profile_names_its_limits(int batch)
    {
        using Engine engine = TestEngines.AddOne();
        using Session session = engine.CreateSession();

        Check.Throws<ArgumentOutOfRangeException>(() => session.Run(batch), "1 to 16", "'x'");
        Check.Throws<ArgumentOutOfRangeException>(() => session.SetBatch(batch), "1 to 16", "'x'");
    }

    [Test]
    public void A_static_input_has_one_shape()
    {
        using Engine engine = TestEngines.Identity();
        using Session session = engine.CreateSession();

        session.SetShape("x", [16]);
        Check.Throws<ArgumentException>(() => session.SetShape("x", [8]), "'x'", "fixed shape 16", "8");
    }

    [Test]
    public void Preparing_wants_every_dynamic_input_once()
    {
        using Engine engine = TestEngines.Sum();
        using Session session = engine.CreateSession();

        Check.Throws<ArgumentException>(() => session.Prepare(("left", [1, 2])), "'right'");
        Check.Throws<ArgumentException>(() => session.Prepare(("left", [1, 2]), ("left", [1, 2])), "'left'", "two shapes");
    }

    [Test]
    public void Shapes_that_the_model_cannot_join_are_the_native_layers_to_refuse()
    {
        using Engine engine = TestEngines.Sum();
        using Session session = engine.CreateSession();
        session.SetShape("left", [1, 2]);
        session.SetShape("right", [1, 3]);

        PinionException e = Assert.Throws<PinionException>(() => session.Run())!;

        Assert.That(e.Operation, Is.Not.Empty);
        session.SetShape("right", [1, 2]);
        session.Run();
    }

    [Test]
    public void Session_options_are_checked()
    {
        using Engine engine = TestEngines.AddOne();

        Check.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SessionOptions { Profile = 1 }), "1 optimization profile,");
        Check.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SessionOptions { Profile = -1 }));
        Check.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SessionOptions { MaxShapes = 0 }), "MaxShapes");
        Check.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SessionOptions { MaxShapeBytes = 0 }), "MaxShapeBytes");
        Check.Throws<ArgumentOutOfRangeException>(() => engine.CreateSession(new SessionOptions { WaitMode = (WaitMode)9 }), "WaitMode");
        Check.Throws<ArgumentNullException>(() => engine.CreateSession(new SessionOptions { WarmBatches = null! }), "WarmBatches");
    }
}
