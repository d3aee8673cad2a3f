namespace Pinion.Hosting.Tests;

/// <summary>Groups of shapes, which come and go, and their places in the instances' tables.</summary>
public sealed class ShapeGroupsTests
{
    [Test]
    public void Places_are_used_again_once_their_groups_are_forgotten_and_never_by_two()
    {
        var groups = new ShapeGroups();
        groups.Update([new ShapeKey([[1, 1]])], [new LatencyTable([0, 10])]);
        ShapeGroup warm = groups.FindOrAdd([[1, 1]]);
        ShapeGroup used = groups.FindOrAdd([[1, 2]]);
        used.Users = 1;
        for (int width = 3; width < 2000; width++)
        {
            ShapeGroup group = groups.FindOrAdd([[1, width]]);
            Assert.That(group.Place, Is.InRange(2, 260));
            Assert.That(groups.FindOrAdd([[1, width]]), Is.SameAs(group));
        }

        Assert.That((warm.Place, used.Place), Is.EqualTo((0, 1)));
        Assert.That(groups.FindOrAdd([[1, 1]]), Is.SameAs(warm));
        Assert.That(groups.FindOrAdd([[1, 2]]), Is.SameAs(used));
    }
}
