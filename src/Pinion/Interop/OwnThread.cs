namespace Pinion;

/// <summary>Runs what blocks for seconds or minutes on a thread of its own, so that no thread of the pool waits for it.</summary>
internal static class OwnThread
{
    /// <param name="name">The thread's.</param>
    /// <param name="work">Ends with an OperationCanceledException where it was cancelled.</param>
    /// <param name="cancellation">Of the work.</param>
    internal static Task<T> Run<T>(string name, Func<T> work, CancellationToken cancellation)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                completion.SetResult(work());
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                completion.SetCanceled(cancellation);
            }
            catch (Exception e)
            {
                completion.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return completion.Task;
    }
}
