namespace Pinion.Hosting;

/// <summary>Runs batches on their instances' sessions and tells what became of them. Without the model's lock; the instances are its own meanwhile.</summary>
internal sealed class BatchRunner(IBatchOwner owner, Clock clock)
{
    /// <summary>Starts an instance's batch: here if its shapes are ready, else on another thread.</summary>
    public void Start(Instance instance)
    {
        if (instance.Session.IsReady(instance.Batch))
        {
            FillAndRun(instance);
        }
        else
        {
            // Set-up is nothing for a caller's thread.
            ThreadPool.UnsafeQueueUserWorkItem(static work => work.Runner.AdmitAndRun(work.Instance), (Runner: this, Instance: instance), preferLocal: false);
        }
    }

    /// <summary>A session says that its run is over, on a thread of the pool.</summary>
    public void OnCompleted(Instance instance)
    {
        Timings timings;
        try
        {
            instance.Session.EndRun();
            timings = instance.Session.Timings;
        }
        catch (Exception e)
        {
            owner.RunFailed(instance, e);
            return;
        }

        CopyOut(instance, timings);
        owner.Completed(instance, timings);
    }

    private void AdmitAndRun(Instance instance)
    {
        try
        {
            instance.Session.Admit(instance.Batch);

            // Set-up is no part of the latency that is learnt.
            instance.Batch.StartedAt = clock.Now;
        }
        catch (Exception e) when (e is not PinionException { Status: PinionStatus.Cuda or PinionStatus.Internal })
        {
            // Shapes that do not go together, or no memory for one more: the session is as it was.
            owner.RequestsFailed(instance, e, at: -1);
            return;
        }
        catch (Exception e)
        {
            owner.RunFailed(instance, e);
            return;
        }

        FillAndRun(instance);
    }

    private void FillAndRun(Instance instance)
    {
        Batch batch = instance.Batch;
        long now = clock.Now;
        for (int i = 0; i < batch.Count; i++)
        {
            batch.Requests[i].FillStarted = now;
        }

        try
        {
            instance.Session.Fill(batch);
        }
        catch (Exception e)
        {
            // On another thread, so that many bad requests, each of which starts the next batch, cannot pile up on this stack.
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => work.Owner.RequestsFailed(work.Instance, work.Exception, work.Instance.Session.Filling),
                (Owner: owner, Instance: instance, Exception: e),
                preferLocal: false);
            return;
        }

        try
        {
            instance.Session.Run();
        }
        catch (Exception e)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static work => work.Owner.RunFailed(work.Instance, work.Exception), (Owner: owner, Instance: instance, Exception: e), preferLocal: false);
        }
    }

    private void CopyOut(Instance instance, in Timings timings)
    {
        Batch batch = instance.Batch;
        long done = clock.Now;
        int row = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            PendingRequest request = batch.Requests[i];
            var times = new RequestTimings
            {
                Queue = clock.Between(request.Arrived, request.FillStarted),
                Total = clock.Between(request.Arrived, done),
                BatchSize = batch.Rows,
                Inference = timings,
            };
            try
            {
                request.Result = instance.Session.CopyOut(batch, request, row, times);
            }
            catch (Exception e)
            {
                request.Error = e is OutOfMemoryException
                    ? new PinionException("There is no memory for the outputs.", PinionStatus.OutOfMemory, "infer", innerException: e)
                    : e;
            }

            row += request.Rows;
        }
    }
}

/// <summary>Who is told what became of a batch. The instance still has it, and is idle only once this says so. On threads of the pool.</summary>
internal interface IBatchOwner
{
    /// <summary>The batch has run: its requests have results or errors.</summary>
    void Completed(Instance instance, in Timings timings);

    /// <summary>The batch cannot be run on a session that works.</summary>
    /// <param name="instance">What has the batch.</param>
    /// <param name="exception">Why.</param>
    /// <param name="at">The request whose memory could not be read; negative where it is the whole batch.</param>
    void RequestsFailed(Instance instance, Exception exception, int at);

    /// <summary>The run failed: the session refuses everything from now on.</summary>
    void RunFailed(Instance instance, Exception exception);
}
